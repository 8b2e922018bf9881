namespace Sandbox;

/// <summary>Memory of the whole job.</summary>
public sealed record MemoryUsage
{
    /// <summary>
    /// Peak in bytes of what the kernel could not take back: anonymous and shared memory, tmpfs, data in sockets. Neither pages of
    /// files on disk nor what the sandbox has put in.
    /// </summary>
    public required long PeakBytes { get; init; }

    /// <summary>True where the peak was sampled by the watchdog, not counted by the kernel.</summary>
    public bool Sampled { get; init; }

    /// <summary>Processes killed by the kernel's OOM killer within the job's cgroup.</summary>
    public int OomKills { get; init; }
}
