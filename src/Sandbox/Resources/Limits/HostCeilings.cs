using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>The hard rlimits the host gives to whoever starts jobs; null is no limit (setrlimit(2): only root may raise one).</summary>
internal sealed record HostCeilings
{
    // asm-generic/resource.h, the same on x86_64 and aarch64.
    private const int RlimitFsize = 1;
    private const int RlimitStack = 3;
    private const int RlimitNproc = 6;
    private const int RlimitNofile = 7;

    /// <summary>RLIMIT_FSIZE in bytes.</summary>
    public long? FileSizeBytes { get; init; }

    /// <summary>RLIMIT_STACK in bytes.</summary>
    public long? StackBytes { get; init; }

    /// <summary>RLIMIT_NPROC.</summary>
    public long? Processes { get; init; }

    /// <summary>RLIMIT_NOFILE.</summary>
    public long? OpenFiles { get; init; }

    /// <summary>Reads the calling process's hard limits.</summary>
    public static HostCeilings Read() => new()
    {
        FileSizeBytes = Libc.HardLimit(RlimitFsize),
        StackBytes = Libc.HardLimit(RlimitStack),
        Processes = Libc.HardLimit(RlimitNproc),
        OpenFiles = Libc.HardLimit(RlimitNofile),
    };

    /// <summary>The limits as they can be in force here: whoever may not raise a hard limit gets what it allows.</summary>
    public ResourceLimits Clamp(ResourceLimits requested) => requested with
    {
        FileSizeBytes = Lower(requested.FileSizeBytes, FileSizeBytes),
        StackBytes = Lower(requested.StackBytes, StackBytes),
        Processes = (int?)Lower(requested.Processes, Processes),
        OpenFiles = (int?)Lower(requested.OpenFiles, OpenFiles),
    };

    // A lifted limit stays lifted: what the host imposes on everybody is not this job's limit.
    private static long? Lower(long? requested, long? ceiling) =>
        requested is { } value && ceiling is { } hard ? Math.Min(value, hard) : requested;
}
