using Sandbox.Resources.Limits;
using Sandbox.Text;

namespace Sandbox.Execution.Judging;

// The rules of "Rules" under result.json in the contract, in the order in which they win. Pure: a verdict
// is a function of the evidence, so that every rule is a row in a table of tests.

/// <summary>Turns evidence into the verdict.</summary>
internal static class Verdicts
{
    private const int SigInt = 2;
    private const int SigQuit = 3;
    private const int SigKill = 9;

    /// <summary>Decides what became of the job.</summary>
    /// <remarks>
    /// A measured excess (CPU, wall, memory, output) decides even when the job ended by itself before the kill
    /// reached it: it had been over the limit by then. <c>exitCode</c>, <c>signal</c> and <c>killedBy</c> then still
    /// tell how it really ended, so <c>killedBy</c> may be null. Idleness and a cancellation are no excess: they
    /// decide only if they are what ended the job.
    /// </remarks>
    public static Judgement Decide(Evidence evidence)
    {
        var judgement = FromSandbox(evidence)
            ?? FromExec(evidence)
            ?? FromViolation(evidence)
            ?? FromLimit(evidence)
            ?? OuterOom(evidence)
            ?? LimitVerdicts.FoundAtTheEnd(evidence, KilledBy(evidence))
            ?? FromEnd(evidence);

        return judgement with
        {
            ExitCode = evidence.WaitStatus is { } exited ? WaitStatus.ExitCode(exited) : null,
            Signal = evidence.WaitStatus is { } ended && (WaitStatus.Signal(ended) ?? WaitStatus.Stop(ended)) is { } signal ? SignalName.Of(signal) : null,
            LimitsHit = LimitsHit.Of(evidence, judgement.Verdict),
        };
    }

    private static Judgement? FromSandbox(Evidence evidence) => evidence.Cause switch
    {
        StopCause.HostLost when !evidence.IsUnheld => New(Verdict.InternalError, "the sandbox could not watch the job: it had no descriptors or no memory left for itself", KilledBy(evidence)),
        StopCause.HostDisk when evidence.KilledBySandbox => New(Verdict.InternalError, "the disk that keeps the changes of the job's overlays is nearly full: it has filled by more than the job may write, and has less than that left", KilledBy(evidence)),
        StopCause.Cancelled when evidence.KilledBySandbox || evidence.WaitStatus is null =>
            New(Verdict.Cancelled, $"cancelled by the caller after {Amount.Seconds(evidence.Wall)}", KilledBy(evidence)),
        _ when evidence.IsUnheld => New(Verdict.InternalError, "the control groups that held the job were removed, or lost a controller, while it ran", KilledBy(evidence)),
        _ => null,
    };

    // The job was within its limit: whose memory it was that ran out, no verdict on the job may say.
    private static Judgement? OuterOom(Evidence evidence) => evidence.OuterOomKills == 0 ? null : New(
        Verdict.InternalError,
        "the kernel killed a process of the job although the job was within its memory limit: the host, or a control group above the job's, had no memory left",
        LimitVerdicts.IsTakenByKernel(evidence) ? Killer.KernelOom : KilledBy(evidence));

    private static Judgement? FromExec(Evidence evidence) =>
        evidence.Exec is not { } failure ? null
            : failure.Limit == "memory" ? New(Verdict.MemoryLimit, ExecMessage.Of(failure), evidence.OomKills > 0 ? Killer.KernelOom : null)
            : New(Verdict.ExecFailed, ExecMessage.Of(failure), null);

    // The kernel's own record of the call: it is there only if the policy killed.
    private static Judgement? FromViolation(Evidence evidence)
    {
        if (evidence.Violation is not { } violation || evidence.Cause is not (StopCause.None or StopCause.Violation))
        {
            return null;
        }

        return New(
            Verdict.PolicyViolation,
            $"killed by the seccomp policy: process {violation.Pid} called {violation.Syscall} (number {violation.Number}, {violation.Arch})",
            Killer.Seccomp);
    }

    private static Judgement? FromLimit(Evidence evidence) => evidence.Cause switch
    {
        StopCause.CpuTime => LimitVerdicts.CpuTime(evidence, KilledBy(evidence)),
        StopCause.WallTime when LimitVerdicts.WallTimeCounts(evidence) => LimitVerdicts.WallTime(evidence, KilledBy(evidence)),
        StopCause.Idle when evidence.KilledBySandbox => LimitVerdicts.Idle(evidence, KilledBy(evidence)),
        StopCause.Memory when evidence.OomKills == 0 => LimitVerdicts.Memory(evidence, KilledBy(evidence)),
        StopCause.Disk when evidence.KilledBySandbox => LimitVerdicts.Disk(evidence, KilledBy(evidence)),
        StopCause.Output => LimitVerdicts.Output(evidence, KilledBy(evidence)),
        _ => null,
    };

    private static Judgement FromEnd(Evidence evidence)
    {
        if (evidence.WaitStatus is not { } status)
        {
            return New(Verdict.InternalError, "the job ended without a wait status", null);
        }

        if (WaitStatus.Signal(status) is { } signal)
        {
            return FromSignal(evidence, signal);
        }

        if (WaitStatus.Stop(status) is { } stop)
        {
            return New(Verdict.Signal, $"stopped by {SignalName.Of(stop)} (signal {stop}), with no process left that could let it go on", IsForwarded(evidence, stop) ? null : Killer.Job);
        }

        var code = WaitStatus.ExitCode(status);
        if (code != 0)
        {
            return New(Verdict.ExitCode, $"exited with code {code}", null);
        }

        if (evidence.CollectionCancelled)
        {
            return New(Verdict.Cancelled, "exited with code 0, and was cancelled by the caller while its outputs were collected", null);
        }

        if (evidence.RequiredOutput is { } output)
        {
            return New(Verdict.OutputError, $"exited with code 0, but output {Words.Quote(output.Path)} was not collected: {output.Error}", null);
        }

        return New(Verdict.Ok, "exited with code 0", null);
    }

    private static Judgement FromSignal(Evidence evidence, int signal)
    {
        if (LimitVerdicts.FromSignal(evidence, signal) is { } limit)
        {
            return limit;
        }

        // Without a cause on record the sandbox had no reason to kill: that is its fault, not the job's.
        if (evidence.KilledBySandbox)
        {
            return New(Verdict.InternalError, "the sandbox killed the job without a recorded cause", Killer.Sandbox);
        }

        var doing = IsForwarded(evidence, signal) ? "which the caller passed on"
            : IsOfTerminal(evidence, signal) ? "a key at its terminal or the job's own doing"
            : "the job's own doing";
        return New(Verdict.Signal, $"ended by {SignalName.Of(signal)} (signal {signal}), {doing}", KilledBy(evidence));
    }

    private static Killer? KilledBy(Evidence evidence)
    {
        if (evidence.WaitStatus is not { } status || WaitStatus.Signal(status) is not { } signal)
        {
            return null;
        }

        // At the host's own limit the kernel may be a moment faster than whoever watches the whole tree.
        if (signal == SigKill && (evidence.KilledBySandbox || LimitVerdicts.IsProcessCpu(evidence)))
        {
            return Killer.Sandbox;
        }

        // A program that cleans up and then ends itself by the signal it got looks the same, and means the same.
        return IsForwarded(evidence, signal) || IsOfTerminal(evidence, signal) ? null : Killer.Job;
    }

    private static bool IsForwarded(Evidence evidence, int signal) => evidence.Forwarded.Contains(signal);

    // The line discipline of its terminal sends these two for ^C and ^\ (termios(3), ISIG), and tells nobody.
    private static bool IsOfTerminal(Evidence evidence, int signal) => evidence.HasTerminal && signal is (SigInt or SigQuit);

    private static Judgement New(Verdict verdict, string message, Killer? killedBy) =>
        new() { Verdict = verdict, Message = message, KilledBy = killedBy, LimitsHit = [] };
}

/// <summary>The verdict and what belongs to it in the result.</summary>
internal sealed record Judgement
{
    /// <summary>The verdict.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>The verdict in one sentence, with numbers and units.</summary>
    public required string Message { get; init; }

    /// <summary>Exit code of the first process if it exited.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Name of the signal that ended the first process if one did.</summary>
    public string? Signal { get; init; }

    /// <summary>null, <c>job</c>, <c>sandbox</c>, <c>kernel-oom</c> or <c>seccomp</c>.</summary>
    public Killer? KilledBy { get; init; }

    /// <summary>JSON names of every limit that was reached, in the order of the job file.</summary>
    public required IReadOnlyList<string> LimitsHit { get; init; }

    /// <summary>How far past the deciding time limit the job was stopped; zero otherwise.</summary>
    public TimeSpan Overshoot { get; init; }
}

/// <summary>Which limits were reached, whether or not they decided the verdict.</summary>
internal static class LimitsHit
{
    /// <summary>The JSON names in the order of the job file.</summary>
    public static IReadOnlyList<string> Of(Evidence evidence, Verdict verdict)
    {
        var limits = evidence.Limits;
        var hit = new List<string>();
        Add(hit, "cpuTime", verdict == Verdict.CpuTimeLimit || LimitVerdicts.IsOver(evidence.Cpu, limits.CpuTime));
        Add(hit, "wallTime", verdict == Verdict.WallTimeLimit || LimitVerdicts.IsOver(evidence.Wall, limits.WallTime));
        Add(hit, "idleTime", verdict == Verdict.IdleLimit);
        Add(hit, "memory", verdict == Verdict.MemoryLimit || evidence.OomKills > 0 || evidence.MemoryLimitReached || evidence.MemoryBytes > limits.MemoryBytes);
        Add(hit, "processes", evidence.LimitsObserved.Contains("processes"));
        Add(hit, "output", verdict == Verdict.OutputLimit || evidence.StreamsOverLimit.Count > 0);
        Add(hit, "fileSize", verdict == Verdict.FileSizeLimit);
        Add(hit, "disk", verdict == Verdict.DiskLimit || evidence.LimitsObserved.Contains("disk"));
        Add(hit, "addressSpace", evidence.Exec is { Limit: "addressSpace" });
        Add(hit, "dataSegment", evidence.Exec is { Limit: "dataSegment" });
        Add(hit, "collect", evidence.CollectLimitReached);
        Add(hit, "connectionsTotal", evidence.ConnectionLimitReached);
        Add(hit, "traffic", evidence.TrafficLimitReached);
        return hit;
    }

    private static void Add(List<string> hit, string name, bool reached)
    {
        if (reached)
        {
            hit.Add(name);
        }
    }
}
