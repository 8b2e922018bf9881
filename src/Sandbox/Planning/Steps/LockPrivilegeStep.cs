namespace Sandbox.Planning.Steps;

/// <summary>Nothing the job executes can gain a capability.</summary>
internal sealed record LockPrivilegeStep() : PlanStep(PlanPhase.Privileges, "")
{
    public override string Name => "lock privilege";

    public override StepFields Fields => new(StepKind.LockPrivilege);

    public override string Describe() => "empty the bounding set, lock the securebits";
}
