using Sandbox.Interop;

namespace Sandbox.Jobs;

/// <summary>A job that passed every check; only <see cref="JobValidator"/> makes one.</summary>
internal sealed record ValidJob
{
    /// <summary>The job as given.</summary>
    public required JobSpec Spec { get; init; }

    /// <summary>The processors of <see cref="JobSpec.Cpuset"/>; null for no choice.</summary>
    public CpuSet? Cpuset { get; init; }

    /// <summary>The whole environment as <c>NAME=value</c>, defaults included.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>It has many ids and may become any of them.</summary>
    public bool ChangesIds => Spec.SubIds && (Spec.Capabilities & CapabilitySet.Setuid) != 0;
}
