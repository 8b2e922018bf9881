namespace Sandbox.Planning.Steps;

/// <summary>The new root becomes <c>/</c>; nothing of the old one remains reachable.</summary>
internal sealed record PivotStep() : PlanStep(PlanPhase.Pivot, "")
{
    public override string Name => "pivot_root";

    public override StepFields Fields => new(StepKind.Pivot);

    public override string Describe() => "make the new root /, unmount the old one";
}
