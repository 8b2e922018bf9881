namespace Sandbox.Planning.Steps;

/// <summary>execve grants nothing from here on (prctl(2), PR_SET_NO_NEW_PRIVS).</summary>
internal sealed record NoNewPrivsStep() : PlanStep(PlanPhase.Privileges, "")
{
    public override string Name => "no_new_privs";

    public override StepFields Fields => new(StepKind.NoNewPrivs);

    public override string Describe() => "set no_new_privs";
}
