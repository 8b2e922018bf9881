namespace Sandbox.KernelTests;

/// <summary>Jobs that run one probe program, or one tool of the host, and little else.</summary>
internal static class Probe
{
    /// <summary>Where the built probes are on the host; SANDBOX_PROBES, or out/probes of the clone.</summary>
    public static string Directory { get; } =
        Environment.GetEnvironmentVariable("SANDBOX_PROBES") is { Length: > 0 } given ? given : FromClone("out/probes");

    /// <summary>The built command; SANDBOX_EXE, or out/sandbox of the clone.</summary>
    public static string CommandLine { get; } =
        Environment.GetEnvironmentVariable("SANDBOX_EXE") is { Length: > 0 } given ? given : FromClone("out/sandbox");

    /// <summary>One probe in an empty root: nothing but the probe and the sandbox itself can explain what happens.</summary>
    public static JobSpec Job(string probe, params string[] arguments) => new()
    {
        Name = probe,
        Command = [$"/probes/{probe}", .. arguments],
        Rootfs = new EmptyRootfs(),
        Mounts = [Mount],
        Limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(10) * Requirements.Slowness },
    };

    /// <summary>One command with the host's toolchain directories; the probes are at hand too.</summary>
    public static JobSpec Tool(params string[] command) => new()
    {
        Name = command[0],
        Command = command,
        Mounts = [Mount],
        Limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(20) * Requirements.Slowness, MemoryBytes = 1L << 30 },
    };

    /// <summary>The read-only bind that brings the probes in.</summary>
    public static BindMount Mount { get; } = new() { Source = Directory, Target = "/probes" };

    private static string FromClone(string path)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "build.sh")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory?.FullName ?? "/", path);
    }
}
