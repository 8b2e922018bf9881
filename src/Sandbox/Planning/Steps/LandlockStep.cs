namespace Sandbox.Planning.Steps;

/// <summary>Writes are denied everywhere else, by a second means beside read-only mounts.</summary>
internal sealed record LandlockStep() : PlanStep(PlanPhase.Confine, "")
{
    public override string Name => "landlock";

    public override StepFields Fields => new(StepKind.Landlock);

    public override string Describe() => "enforce Landlock where the kernel has it";
}
