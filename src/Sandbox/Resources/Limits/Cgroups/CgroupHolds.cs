using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>What control groups hold of a job's limits: the mechanism and the value in force, null each where they hold nothing.</summary>
internal sealed record CgroupHolds
{
    /// <summary>A job without control groups.</summary>
    public static CgroupHolds Nothing { get; } = new();

    public Mechanism? MemoryBy { get; init; }

    public long? MemoryBytes { get; init; }

    public long? MemoryHighBytes { get; init; }

    /// <summary>Why the limit on memory is not all of it, or null.</summary>
    public string? MemoryWeakness { get; init; }

    /// <summary>The peak is sampled.</summary>
    public bool MemoryIsSampled { get; init; }

    public Mechanism? CpuTimeBy { get; init; }

    public Mechanism? TasksBy { get; init; }

    public long? Tasks { get; init; }

    public Mechanism? BandwidthBy { get; init; }

    public double? Cpus { get; init; }

    /// <summary>The share of processors that others want as well; null for none.</summary>
    public int? CpuWeight { get; init; }

    public Mechanism? CpusetBy { get; init; }

    public CpuSet? Cpuset { get; init; }

    public Mechanism? IoBy { get; init; }

    public long? IoReadBytes { get; init; }

    public long? IoWriteBytes { get; init; }

    /// <summary>What is in force for a running job, as the kernel reads it back.</summary>
    public static CgroupHolds Of(JobCgroup? group) => group is null ? Nothing : new()
    {
        MemoryBy = group.Memory is null ? null : group.By("memory"),
        MemoryBytes = group.EffectiveMemoryBytes,
        MemoryHighBytes = group.Memory?.EffectiveHighBytes,
        MemoryWeakness = group.Memory?.Weakness,
        MemoryIsSampled = group.Memory is { IsSampled: true },
        CpuTimeBy = group.Cpu is null ? null : group.CpuBy,
        TasksBy = group.Tasks is null ? null : group.By("pids"),
        Tasks = group.EffectiveTasks,
        BandwidthBy = group.Bandwidth is null ? null : group.By("cpu"),
        Cpus = group.EffectiveCpus,
        CpuWeight = group.Bandwidth?.EffectiveWeight,
        CpusetBy = group.Cpuset is null ? null : group.By("cpuset"),
        Cpuset = group.Cpuset?.Effective,
        IoBy = group.Io is null ? null : group.By("io"),
        IoReadBytes = group.Io?.EffectiveReadBytes,
        IoWriteBytes = group.Io?.EffectiveWriteBytes,
    };
}
