namespace Sandbox.Planning.Steps;

/// <summary>The payload leaves the user namespace that owns its mounts and its network.</summary>
internal sealed record InnerUsernsStep(uint Uid, uint Gid, bool HasSubIds) : PlanStep(PlanPhase.Privileges, "/user")
{
    public override string Name => "inner user namespace";

    public override StepFields Fields => new(StepKind.InnerUserns) { Value0 = Uid, Value1 = Gid };

    public override string Describe() => HasSubIds ? "enter an inner user namespace with the same ids" : $"enter an inner user namespace as {Uid}:{Gid}";
}
