using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>What a job asks of its control groups.</summary>
internal sealed record JobNeeds
{
    /// <summary>The limits.</summary>
    public required ResourceLimits Limits { get; init; }

    /// <summary>The processors; null for no choice.</summary>
    public CpuSet? Cpus { get; init; }

    /// <summary>What the job can send on.</summary>
    public NetworkMode Network { get; init; }
}
