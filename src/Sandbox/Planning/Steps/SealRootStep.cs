namespace Sandbox.Planning.Steps;

/// <summary>The root tmpfs, and overlays that only carry mount points, become read-only.</summary>
internal sealed record SealRootStep() : PlanStep(PlanPhase.Pivot, "")
{
    public override string Name => "seal root";

    public override string? Path => "/";

    public override StepFields Fields => new(StepKind.SealRoot);

    public override string Describe() => "make / read-only";
}
