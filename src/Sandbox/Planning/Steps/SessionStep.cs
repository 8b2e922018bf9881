namespace Sandbox.Planning.Steps;

/// <summary>A session of its own, without a terminal, and descriptors 0 to 2.</summary>
internal sealed record SessionStep() : PlanStep(PlanPhase.Session, "")
{
    public override string Name => "session";

    public override StepFields Fields => new(StepKind.Session);

    public override string Describe() => "start a session without a terminal, with descriptors 0 to 2 only";
}
