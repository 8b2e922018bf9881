using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The name of the job's own UTS namespace.</summary>
internal sealed record HostnameStep(string Hostname) : PlanStep(PlanPhase.Host, "/hostname")
{
    public override string Name => "hostname";

    public override StepFields Fields => new(StepKind.Hostname) { A = Hostname };

    public override string Describe() => $"set the host name {Words.Quote(Hostname)}";
}
