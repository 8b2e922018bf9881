namespace Sandbox.Planning.Steps;

/// <summary>The loopback device of the job's own network namespace goes up.</summary>
internal sealed record LoopbackStep() : PlanStep(PlanPhase.Host, "/network")
{
    public override string Name => "loopback";

    public override StepFields Fields => new(StepKind.Loopback);

    public override string Describe() => "bring the loopback device up";
}
