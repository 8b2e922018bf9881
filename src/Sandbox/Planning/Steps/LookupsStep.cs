namespace Sandbox.Planning.Steps;

/// <summary>Whoever asks for a name in the job's own network namespace is told at once that there is none (native/launcher/lookups.c).</summary>
/// <param name="OnDemand">The job has no network: nothing is up before it makes a socket that names can be asked with.</param>
internal sealed record LookupsStep(bool OnDemand) : PlanStep(PlanPhase.Host, "/network")
{
    public override Operation Operation => Operation.AnswerLookups;

    public override StepFields Fields => new(StepKind.Lookups) { Flags = OnDemand ? StepFlags.OnDemand : StepFlags.None };

    public override string Describe() => OnDemand
        ? "answer that there is no such name, from the moment on that the job makes a socket to ask with"
        : "answer that there is no such name";
}
