using Sandbox.Policies;

namespace Sandbox.Planning;

/// <summary>What there is to tell of a job before it runs.</summary>
internal sealed record PlanFacts
{
    /// <summary>The job, with what its image says where it says nothing itself.</summary>
    public required JobSpec Job { get; init; }

    public required SandboxPlan Plan { get; init; }

    public required CompiledPolicy Policy { get; init; }

    /// <summary>What would hold each limit.</summary>
    public required IReadOnlyDictionary<string, Enforcement> Enforcement { get; init; }

    /// <summary>Where its control groups would be, and why there.</summary>
    public required IReadOnlyList<string> Cgroups { get; init; }
}
