using System.Globalization;

namespace Sandbox.Cli.Isolate;

/// <summary>What became of a run, in isolate's words: from the verdict and the evidence to status, keys, message and exit status. Pure.</summary>
internal sealed record IsolateOutcome
{
    /// <summary>The program ended well.</summary>
    public const int Ok = 0;

    /// <summary>The program failed, was killed, or timed out.</summary>
    public const int Failed = 1;

    /// <summary>The sandbox failed.</summary>
    public const int Broken = 2;

    private const int SigKill = 9;
    private const int SigSys = 31;

    // SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU, which end no process
    private const int FirstStop = 19;
    private const int LastStop = 22;

    private const int NotExecuted = 127;

    private const string CpuMessage = "Time limit exceeded";
    private const string WallMessage = "Time limit exceeded (wall clock)";

    /// <summary><c>RE</c>, <c>SG</c>, <c>TO</c> or <c>XX</c>; null for success.</summary>
    public string? Status { get; init; }

    /// <summary>In words; null for success.</summary>
    public string? Message { get; init; }

    /// <summary>What the program ended with.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that it ended by, or that isolate got.</summary>
    public int? ExitSignal { get; init; }

    /// <summary>The sandbox killed it.</summary>
    public bool IsKilled { get; init; }

    /// <summary>Memory ran out in its group.</summary>
    public bool HasNoMemory { get; init; }

    /// <summary>The run, where a program was started; else null.</summary>
    public JobResult? Run { get; init; }

    /// <summary>The exit status.</summary>
    public int ExitStatus => Status switch
    {
        null => Ok,
        "XX" => Broken,
        _ => Failed,
    };

    /// <summary>A failure of the sandbox.</summary>
    public static IsolateOutcome Failure(string message) => new() { Status = "XX", Message = message };

    /// <summary>What a result means.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="result">What became of the job.</param>
    /// <param name="signal">The signal by which isolate was told to end it; 0 for none.</param>
    public static IsolateOutcome Of(IsolateRequest request, JobResult result, int signal)
    {
        if (result.Verdict == Verdict.Cancelled)
        {
            return Interrupted(signal, result.Isolation is null ? null : result);
        }

        if (result.Verdict == Verdict.SetupError && result.Error is { Errno: "ETIMEDOUT", Pointer: "/start/opened" } && request.WallTime > 0)
        {
            // It waited for the other end of a FIFO until its time was up; isolate's clock runs then, too.
            var waited = result with { Time = result.Time with { Wall = TimeSpan.FromMilliseconds(request.WallTime) } };
            return new() { Status = "TO", Message = WallMessage, IsKilled = true, Run = waited };
        }

        return result.Verdict is Verdict.SetupError or Verdict.InternalError or Verdict.InvalidJob
            ? Failure(IsolateFailure.Of(request, result)) with { IsKilled = result.Isolation is not null, Run = result.Isolation is null ? null : result }
            : Ended(request, result);
    }

    /// <summary>The lines of the meta-file.</summary>
    /// <param name="hasGroup">With those of the group.</param>
    public IEnumerable<string> Lines(bool hasGroup)
    {
        if (Run is { } run)
        {
            yield return "time:" + Seconds(run.Time.Cpu);
            yield return "time-wall:" + Seconds(run.Time.Wall);
            yield return Line("max-rss", (run.Memory.LargestProcessBytes ?? 0) >> 10);
            yield return Line("csw-voluntary", run.Quality?.VoluntarySwitches ?? 0);
            yield return Line("csw-forced", run.Quality?.ForcedSwitches ?? 0);
            if (hasGroup)
            {
                yield return Line("cg-mem", run.Memory.PeakBytes >> 10);
            }
        }

        if (HasNoMemory)
        {
            yield return "cg-oom-killed:1";
        }

        if (ExitCode is { } code)
        {
            yield return Line("exitcode", code);
        }

        if (ExitSignal is { } signal)
        {
            yield return Line("exitsig", signal);
        }

        if (IsKilled)
        {
            yield return "killed:1";
        }

        if (Status is not null)
        {
            yield return "status:" + Status;
            yield return "message:" + Message!.ReplaceLineEndings(" ");
        }
    }

    /// <summary>What is said on standard error.</summary>
    public string Report => Message ?? $"OK ({Seconds(Run!.Time.Cpu)} sec real, {Seconds(Run.Time.Wall)} sec wall)";

    /// <summary>A run that a signal to isolate ended.</summary>
    /// <param name="signal">The signal; 0 where nobody knows which.</param>
    /// <param name="run">Of a program that was started; else null.</param>
    public static IsolateOutcome Interrupted(int signal, JobResult? run) => IsolateSignals.IsFatal(signal)
        ? Failure(FormattableString.Invariant($"Sandbox keeper received fatal signal {signal}")) with { IsKilled = true, Run = run }
        : new() { Status = "SG", Message = "Interrupted", ExitSignal = signal > 0 ? signal : SigKill, IsKilled = true, Run = run };

    private static IsolateOutcome Ended(IsolateRequest request, JobResult result)
    {
        var isKilled = result.KilledBy == Killer.Sandbox;
        var ended = new IsolateOutcome { Run = result, HasNoMemory = result.Verdict == Verdict.MemoryLimit || (request.HasGroup && result.Memory.OomKills > 0) };
        if (result.Verdict == Verdict.CpuTimeLimit || IsOver(result.Time.Cpu, request.Time))
        {
            return ended with { Status = "TO", Message = CpuMessage, IsKilled = isKilled };
        }

        if (result.Verdict == Verdict.WallTimeLimit || IsOver(result.Time.Wall, request.WallTime))
        {
            return ended with { Status = "TO", Message = WallMessage, IsKilled = isKilled };
        }

        if (result.Verdict == Verdict.ExecFailed)
        {
            return Exited(ended, NotExecuted);
        }

        // What is left of the evidence is how the first process ended, whoever did it.
        return result.ExitCode is { } code ? Exited(ended, code)
            : Signalled(ended, result.Signal is { } name ? Signals.NumberOf(name) : result.Verdict == Verdict.PolicyViolation ? SigSys : SigKill);
    }

    private static IsolateOutcome Exited(IsolateOutcome ended, int code) => code == 0
        ? ended with { ExitCode = 0 }
        : ended with { ExitCode = code, Status = "RE", Message = FormattableString.Invariant($"Exited with error status {code}") };

    private static IsolateOutcome Signalled(IsolateOutcome ended, int signal) =>
        ended with { ExitSignal = signal, Status = "SG", Message = FormattableString.Invariant($"{(signal is >= FirstStop and <= LastStop ? "Stopped by" : "Caught fatal")} signal {signal}") };

    private static bool IsOver(TimeSpan used, long limit) => limit > 0 && (long)used.TotalMilliseconds > limit;

    private static string Line(string key, long value) => string.Create(CultureInfo.InvariantCulture, $"{key}:{value}");

    // As isolate does: cut, not rounded.
    private static string Seconds(TimeSpan time)
    {
        var milliseconds = (long)time.TotalMilliseconds;
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000}.{milliseconds % 1000:000}");
    }
}
