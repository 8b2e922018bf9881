namespace Sandbox;

/// <summary>Times of the whole process tree.</summary>
public sealed record TimeUsage
{
    /// <summary>User and system CPU time together.</summary>
    public required TimeSpan Cpu { get; init; }

    /// <summary>User CPU time.</summary>
    public required TimeSpan User { get; init; }

    /// <summary>System CPU time.</summary>
    public required TimeSpan System { get; init; }

    /// <summary>Real time from execve to the end of the first process.</summary>
    public required TimeSpan Wall { get; init; }

    /// <summary>How far past the time limit that decided the verdict the job was stopped; zero otherwise.</summary>
    public TimeSpan Overshoot { get; init; }
}

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

    /// <summary>The most that one process of the job had in memory, in bytes, pages of files included (getrusage(2), ru_maxrss); null if nothing was heard of its end.</summary>
    public long? LargestProcessBytes { get; init; }

    /// <summary>Processes killed by the kernel's OOM killer within the job's cgroup.</summary>
    public int OomKills { get; init; }
}

/// <summary>What a job that runs has used so far: <see cref="SandboxJob.Usage"/>.</summary>
public sealed record JobUsage
{
    /// <summary>When that was so: real time since execve.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>User and system CPU time of the whole process tree.</summary>
    public required TimeSpan Cpu { get; init; }

    /// <summary>The most memory that was seen, in bytes, counted as <see cref="MemoryUsage.PeakBytes"/>.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>The memory that it had then, in bytes, counted in the same way; null where nobody had asked for it (<see cref="SandboxJob.WatchUsage"/>).</summary>
    public long? MemoryBytes { get; init; }
}

/// <summary>What the job read from and wrote to block devices; the page cache and tmpfs need no device.</summary>
public sealed record IoUsage
{
    /// <summary>Bytes read.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Bytes written.</summary>
    public required long WrittenBytes { get; init; }

    /// <summary>Requests to read.</summary>
    public required long Reads { get; init; }

    /// <summary>Requests to write.</summary>
    public required long Writes { get; init; }
}

/// <summary>How long at least one task of the job waited for a resource (pressure stall information, accounting/psi.rst).</summary>
public sealed record PressureUsage
{
    /// <summary>Time waited for a CPU, a bandwidth limit included.</summary>
    public required TimeSpan Cpu { get; init; }

    /// <summary>Time waited for memory to be reclaimed or read back.</summary>
    public required TimeSpan Memory { get; init; }

    /// <summary>Time waited for block devices.</summary>
    public required TimeSpan Io { get; init; }
}

/// <summary>One phase of a job's life.</summary>
public sealed record PhaseTiming
{
    /// <summary>Which.</summary>
    public required JobPhase Phase { get; init; }

    /// <summary>Start since the beginning of the run, in microseconds.</summary>
    public required long StartMicroseconds { get; init; }

    /// <summary>Duration in microseconds.</summary>
    public required long Microseconds { get; init; }
}

/// <summary>What disturbed a job while it ran, and so how far its times can be trusted.</summary>
public sealed record RunQuality
{
    /// <summary>The CPUs the job was placed on, in the kernel's list format, such as <c>2-3</c>; null if it could run on any.</summary>
    public string? Cpus { get; init; }

    /// <summary>How often a task of the job was taken off its CPU for another, of the job or not.</summary>
    public required long ForcedSwitches { get; init; }

    /// <summary>How often a task of the job gave its CPU up by itself, to wait for something (getrusage(2), ru_nvcsw); null if nothing was heard of its end.</summary>
    public long? VoluntarySwitches { get; init; }

    /// <summary>Time the job's CPU limit held it back, of all CPUs together; null where nothing measures it.</summary>
    public TimeSpan? Throttled { get; init; }

    /// <summary>Time in which the job wanted a CPU and had none; null where the kernel does not measure it.</summary>
    public TimeSpan? CpuPressure { get; init; }

    /// <summary>Time the hypervisor took from the CPUs the job could run on, in steps of 10 ms; null where the kernel does not tell.</summary>
    public TimeSpan? Steal { get; init; }

    /// <summary>One sentence if timings may be disturbed; null if the run was quiet.</summary>
    public string? Note { get; init; }
}
