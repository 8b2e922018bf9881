namespace Sandbox;

/// <summary>What disturbed a job while it ran, and so how far its times can be trusted.</summary>
public sealed record RunQuality
{
    /// <summary>The CPUs the job was placed on, in the kernel's list format, such as <c>2-3</c>; null if it could run on any.</summary>
    public string? Cpus { get; init; }

    /// <summary>How often a task of the job was taken off its CPU for another, of the job or not.</summary>
    public required long ForcedSwitches { get; init; }

    /// <summary>Time the job's CPU limit held it back, of all CPUs together; null where nothing measures it.</summary>
    public TimeSpan? Throttled { get; init; }

    /// <summary>Time in which the job wanted a CPU and had none; null where the kernel does not measure it.</summary>
    public TimeSpan? CpuPressure { get; init; }

    /// <summary>Time the hypervisor took from the CPUs the job could run on, in steps of 10 ms; null where the kernel does not tell.</summary>
    public TimeSpan? Steal { get; init; }

    /// <summary>One sentence if timings may be disturbed; null if the run was quiet.</summary>
    public string? Note { get; init; }
}
