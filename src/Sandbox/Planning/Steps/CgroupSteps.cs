using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The payload's control groups, and a cgroup namespace that hides what is above them.</summary>
internal sealed record CgroupStep(CgroupPlacement Placement, int FirstDescriptor) : PlanStep(PlanPhase.Session, "")
{
    public override Operation Operation => Operation.EnterCgroups;

    public override string? Path => Placement.Into ?? (Placement.Joins.Count > 0 ? Placement.Joins[0] : null);

    public override StepFields Fields => new(StepKind.Cgroup)
    {
        Descriptor = Placement.Joins.Count > 0 ? FirstDescriptor : -1,
        Value0 = (ulong)Placement.Joins.Count,
        Value1 = Placement.Into is null ? 0 : (ulong)(FirstDescriptor + Placement.Joins.Count + 1),
    };

    public override string Describe()
    {
        var groups = Placement.Into is { } into ? [into, .. Placement.Joins] : Placement.Joins;
        return groups.Count == 0
            ? "enter a cgroup namespace"
            : $"start in the control group {string.Join(", ", groups.Select(Words.Quote))}, in a cgroup namespace";
    }
}

/// <summary>The processors the payload starts on, and its children after it (sched_setaffinity(2)).</summary>
/// <param name="Cpus">The list as the kernel writes it, such as <c>0-1</c>.</param>
/// <param name="Mask">One bit for each processor, in words of 8 bytes.</param>
/// <param name="Origin">Who asked.</param>
internal sealed record AffinityStep(string Cpus, ReadOnlyMemory<byte> Mask, string Origin) : PlanStep(PlanPhase.Privileges, Origin)
{
    public override Operation Operation => Operation.SetAffinity;

    public override StepFields Fields => new(StepKind.Affinity) { Blob = Mask, BlobValue = 0 };

    public override string Describe() => $"run on the processors {Cpus}";
}
