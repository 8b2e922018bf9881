namespace Sandbox.Planning.Steps;

/// <summary>A clock over the whole process tree; where the host refuses it, that is reported.</summary>
internal sealed record CpuClockStep(string Origin) : PlanStep(PlanPhase.Privileges, Origin)
{
    public override string Name => "cpu clock";

    public override StepFields Fields => new(StepKind.CpuClock);

    public override string Describe() => "open a task clock over the process tree where perf_event_open is allowed";
}
