using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The payload's control groups, and a cgroup namespace that hides what is above them.</summary>
internal sealed record CgroupStep(CgroupPlacement Placement, int FirstDescriptor) : PlanStep(PlanPhase.Session, "")
{
    public override string Name => "control group";

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
