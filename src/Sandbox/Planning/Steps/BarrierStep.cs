namespace Sandbox.Planning.Steps;

/// <summary>Pid 1 waits, with all its namespaces there and nothing of the job running, until the host has done its part (native/launcher/barrier.c).</summary>
/// <remarks>A plan has at most one: the host's answer does not say which it is for.</remarks>
/// <param name="Origin">The JSON pointer of what the host's part is for.</param>
internal sealed record BarrierStep(string Origin) : PlanStep(PlanPhase.Files, Origin)
{
    public override Operation Operation => Operation.AwaitHost;

    /// <summary>The host is given the job's IPC namespace, too, which others may join.</summary>
    public bool HandsUpIpc { get; init; }

    /// <summary>The host may say that part of it could not be had: the step counts as one that was skipped.</summary>
    public bool MayLackPart { get; init; }

    public override StepFields Fields => new(StepKind.Barrier) { Flags = MayLackPart ? StepFlags.Optional : StepFlags.None, Value0 = HandsUpIpc ? 1ul : 0 };

    public override string Describe() => "wait for the host's part of the set-up";
}
