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
        Descriptors = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(path => !IsAssembly(path)),
        Children = HostProcesses.Children().Count,
        Mounts = File.ReadLines("/proc/self/mountinfo").Count(),
        TemporaryFiles = Directory.EnumerateFileSystemEntries(Path.GetTempPath()).Count(),
    };

    // The runtime opens an assembly when its first type is needed, which may be in the middle of a test, and keeps it open.
    private static bool IsAssembly(string descriptor) => new FileInfo(descriptor).LinkTarget is { } target && target.EndsWith(".dll", StringComparison.Ordinal);
}
