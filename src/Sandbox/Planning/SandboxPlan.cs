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

    /// <summary>How many of a directory for upper sides follow those.</summary>
    public int UpperDescriptors => Steps.OfType<UppersStep>().Any() ? UppersStep.Descriptors : 0;

    /// <summary>How many of the namespaces of a network follow those.</summary>
    public int NetworkDescriptors => Steps.OfType<JoinNetworkStep>().Sum(static step => step.Descriptors);

    /// <summary>How many pipes at numbers of the job's own choice follow those.</summary>
    public int PipeDescriptors => Steps.OfType<SessionStep>().Sum(static step => step.Pipes.Count);

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
    public IReadOnlyList<int> OptionalSteps() => OptionalSteps(Steps);

    /// <summary>The same of steps that are not a plan yet.</summary>
    public static IReadOnlyList<int> OptionalSteps(IReadOnlyList<PlanStep> steps)
    {
        var indexes = new List<int>();
        for (var index = 0; index < steps.Count; index++)
        {
            if ((steps[index].Fields.Flags & StepFlags.Optional) != 0)
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

/// <summary><c>enum plan_flag</c> of native/launcher/plan.h.</summary>
[Flags]
internal enum PlanFlags : uint
{
    None = 0,

    /// <summary>The job's mounts stay after its end until a release command, so that outputs can be collected.</summary>
    Hold = 1 << 0,

    /// <summary>Started by real root: the launcher maps an id of the configured range.</summary>
    ForeignIds = 1 << 1,

    /// <summary>Nothing of the job's isolation may have been made before the job came.</summary>
    Strict = 1 << 2,

    /// <summary>Subordinate ids are mapped next to the caller's own.</summary>
    SubIds = 1 << 3,

    /// <summary>A source may never answer: as real root the launcher opens none itself.</summary>
    Apart = 1 << 4,
}

/// <summary>A host file to be opened for reading and passed with the plan.</summary>
/// <param name="Path">Absolute path on the host.</param>
/// <param name="Origin">JSON pointer of the member that named it.</param>
internal sealed record ExtraFile(string Path, string Origin);
