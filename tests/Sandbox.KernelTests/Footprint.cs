namespace Sandbox.KernelTests;

/// <summary>What this process holds of the host: equal before and after, or something leaked.</summary>
internal sealed record Footprint
{
    public required int Descriptors { get; init; }

    public required int Children { get; init; }

    public required int Mounts { get; init; }

    public required int TemporaryFiles { get; init; }

    public static Footprint Take() => new()
    {
        Descriptors = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(),
        Children = HostProcesses.Children().Count,
        Mounts = File.ReadLines("/proc/self/mountinfo").Count(),
        TemporaryFiles = Directory.EnumerateFileSystemEntries(Path.GetTempPath()).Count(),
    };
}
