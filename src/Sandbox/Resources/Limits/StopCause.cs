namespace Sandbox.Resources.Limits;

/// <summary>Why the supervisor stopped a job: recorded once, by whoever saw it first.</summary>
internal enum StopCause
{
    /// <summary>It did not: the job ended by itself.</summary>
    None,

    /// <summary>More than <c>cpuTime</c> was measured.</summary>
    CpuTime,

    /// <summary>The timer of <c>wallTime</c> fired.</summary>
    WallTime,

    /// <summary>No CPU progress for <c>idleTime</c>.</summary>
    Idle,

    /// <summary>More than <c>memory</c> was measured.</summary>
    Memory,

    /// <summary>A stream brought more than <c>output</c> bytes.</summary>
    Output,

    /// <summary>The policy killed for a call.</summary>
    Violation,

    /// <summary>The caller asked for it.</summary>
    Cancelled,

    /// <summary>More than <c>disk</c> was counted in overlays on a disk.</summary>
    Disk,

    /// <summary>The disk that keeps the job's overlays is nearly full, and may have been filled by the job.</summary>
    HostDisk,

    /// <summary>The kernel killed a process of the job for want of memory that was not the job's to use.</summary>
    HostMemory,

    /// <summary>The supervisor is without what it needs to watch the job.</summary>
    HostLost,
}

/// <summary>A limit that the watchdog found exceeded, with what it measured.</summary>
internal readonly record struct LimitReached
{
    /// <summary><see cref="StopCause.CpuTime"/>, <see cref="StopCause.Idle"/>, <see cref="StopCause.Memory"/>, <see cref="StopCause.HostMemory"/>, <see cref="StopCause.Disk"/>, <see cref="StopCause.HostDisk"/>, or <see cref="StopCause.HostLost"/> where nothing can be measured or holds.</summary>
    public required StopCause Cause { get; init; }

    /// <summary>Time measured, for CPU time and idleness.</summary>
    public TimeSpan Time { get; init; }

    /// <summary>Bytes measured, for memory and disk.</summary>
    public long Bytes { get; init; }
}
