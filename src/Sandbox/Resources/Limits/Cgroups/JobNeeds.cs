using Sandbox.Resources.Cores;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>What a job asks of its control groups.</summary>
internal sealed record JobNeeds
{
    /// <summary>The limits.</summary>
    public required ResourceLimits Limits { get; init; }

    /// <summary>The processors; null for no choice.</summary>
    public CpuSet? Cpus { get; init; }

    /// <summary>The job has a network to send on, if only to itself.</summary>
    public bool HasNetwork { get; init; }
}
