using Sandbox.Host;

namespace Sandbox.Planning.Steps;

/// <summary>pid 1 becomes root of a new user namespace, and stays the caller (or a leased id) outside of it.</summary>
internal sealed record IdentityStep(uint HostUid, uint HostGid, SubordinateIds? SubIds) : PlanStep(PlanPhase.Identity, SubIds is null ? "" : "/subids")
{
    public override string Name => "uid map";

    public override string? Path => SubIds?.UidProgram;

    public override StepFields Fields => SubIds is null ? new(StepKind.Identity) : new(StepKind.Identity)
    {
        A = SubIds.UidProgram,
        B = SubIds.GidProgram,
        Value0 = SubIds.FirstUid,
        Value1 = SubIds.Uids,
        Value2 = SubIds.FirstGid,
        Value3 = SubIds.Gids,
    };

    public override string Describe() => $"become root of an own user namespace, outside of it {HostUid}:{HostGid}" +
        (SubIds is null ? "" : $"; uids 1 to {SubIds.Uids} are {SubIds.FirstUid} and up outside, gids 1 to {SubIds.Gids} {SubIds.FirstGid} and up");
}
