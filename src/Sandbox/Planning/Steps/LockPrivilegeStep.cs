using Sandbox.Jobs;

namespace Sandbox.Planning.Steps;

/// <summary>Nothing the job executes can gain a capability, beyond what the job is granted.</summary>
internal sealed record LockPrivilegeStep(CapabilitySet Granted) : PlanStep(PlanPhase.Privileges, Granted == CapabilitySet.None ? "" : "/capabilities")
{
    public override string Name => "lock privilege";

    public override StepFields Fields => new(StepKind.LockPrivilege) { Value0 = (ulong)Granted };

    public override string Describe() => Granted == CapabilitySet.None ? "empty the bounding set, lock the securebits"
        : $"reduce the bounding set to {CapabilityNames.Text(Granted)}, lock the securebits";
}
