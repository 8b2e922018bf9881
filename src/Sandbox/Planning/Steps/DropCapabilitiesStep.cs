namespace Sandbox.Planning.Steps;

/// <summary>All five capability sets become empty.</summary>
internal sealed record DropCapabilitiesStep() : PlanStep(PlanPhase.Privileges, "")
{
    public override string Name => "drop capabilities";

    public override StepFields Fields => new(StepKind.DropCapabilities);

    public override string Describe() => "drop every capability";
}
