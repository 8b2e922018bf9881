namespace Sandbox.Planning.Steps;

/// <summary>pid 1 becomes root of a new user namespace, and stays the caller (or a leased id) outside of it.</summary>
internal sealed record IdentityStep(uint HostUid, uint HostGid) : PlanStep(PlanPhase.Identity, "")
{
    public override string Name => "uid map";

    public override StepFields Fields => new(StepKind.Identity);

    public override string Describe() => $"become root of an own user namespace, outside of it {HostUid}:{HostGid}";
}
