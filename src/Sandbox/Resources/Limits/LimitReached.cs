namespace Sandbox.Resources.Limits;

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
