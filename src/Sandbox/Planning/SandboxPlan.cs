using Sandbox.Interop;
using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>Everything the launcher does for one job, in order. <see cref="PlanWriter"/> turns it into bytes.</summary>
internal sealed record SandboxPlan
{
    /// <summary>The steps; a report names one by its index here.</summary>
    public required IReadOnlyList<PlanStep> Steps { get; init; }

    /// <summary>Host files to open and pass after the fixed descriptors; <see cref="FileStep.Extra"/> counts from the first.</summary>
    public required IReadOnlyList<ExtraFile> ExtraFiles { get; init; }

    /// <summary>How many descriptors of control groups follow those files.</summary>
    public int CgroupDescriptors { get; init; }

    /// <summary>How many of a folder for upper sides follow those.</summary>
    public int UpperDescriptors => Steps.OfType<UppersStep>().Any() ? UppersStep.Descriptors : 0;

    /// <summary>CLONE_NEW* of the job's first process.</summary>
    public required ulong Namespaces { get; init; }

    public required PlanFlags Flags { get; init; }

    /// <summary>From execve; null for none.</summary>
    public required TimeSpan? WallTime { get; init; }

    /// <summary>From the launcher's receipt of the plan to execve.</summary>
    public required TimeSpan SetupTime { get; init; }

    /// <summary>Who the job is outside.</summary>
    public required uint HostUid { get; init; }

    /// <summary>Who the job is outside.</summary>
    public required uint HostGid { get; init; }

    /// <summary>Targets of optional mounts whose source does not exist.</summary>
    public required IReadOnlyList<string> SkippedMounts { get; init; }

    /// <summary>Indexes of the steps that may be skipped, in the order of the bits of a report's <c>skipped</c>.</summary>
    public IReadOnlyList<int> OptionalSteps()
    {
        var indexes = new List<int>();
        for (var index = 0; index < Steps.Count; index++)
        {
            if ((Steps[index].Fields.Flags & StepFlags.Optional) != 0)
            {
                indexes.Add(index);
            }
        }

        return indexes;
    }

    /// <summary>The limit a resource gets.</summary>
    public ulong? LimitOf(Rlimit resource) => StepOf(resource)?.Limit;

    /// <summary>The step that limits a resource.</summary>
    public RlimitStep? StepOf(Rlimit resource)
    {
        foreach (var step in Steps)
        {
            if (step is RlimitStep rlimit && rlimit.Resource == resource)
            {
                return rlimit;
            }
        }

        return null;
    }
}
