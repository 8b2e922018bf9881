namespace Sandbox.Planning.Steps;

/// <summary>The ids the job sees itself as.</summary>
internal sealed record CredentialsStep(uint Uid, uint Gid) : PlanStep(PlanPhase.Privileges, "/user")
{
    public override string Name => "credentials";

    public override StepFields Fields => new(StepKind.Credentials) { Value0 = Uid, Value1 = Gid };

    public override string Describe() => $"become {Uid}:{Gid}";
}
