namespace Sandbox.Resources.Limits;

/// <summary>What this host offers to hold limits with.</summary>
internal sealed record EnforcementFacts
{
    /// <summary>A task clock (perf_event_open(2)) may be opened on the job.</summary>
    public required bool PerfAvailable { get; init; }

    /// <summary>The host's hard rlimits.</summary>
    public required HostCeilings Ceilings { get; init; }
}
