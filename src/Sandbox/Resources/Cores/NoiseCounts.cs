using Sandbox.Interop;

namespace Sandbox.Resources.Cores;

/// <summary>What the caller of <see cref="NoiseMeter"/> knows of a run when it is over.</summary>
internal sealed record NoiseCounts
{
    /// <summary>Real time from execve to the end of the first process.</summary>
    public required TimeSpan Wall { get; init; }

    /// <summary>Times that a task of the reaped tree was taken off its CPU (getrusage(2), <c>ru_nivcsw</c>).</summary>
    public required long ForcedSwitches { get; init; }

    /// <summary><c>throttled_usec</c> of the cgroup's <c>cpu.stat</c>; null without a cgroup.</summary>
    public TimeSpan? Throttled { get; init; }

    /// <summary>
    /// <c>total</c> of the line <c>full</c> of the cgroup's <c>cpu.pressure</c> (Linux 5.13): time in which tasks of the job
    /// wanted a CPU and none had one. The line <c>some</c> also counts tasks that wait for each other, which is the job's
    /// own affair. Null without a cgroup or without PSI.
    /// </summary>
    public TimeSpan? CpuPressure { get; init; }

    /// <summary>The CPUs the job was placed on; null if it was not placed.</summary>
    public CpuSet? Placed { get; init; }
}
