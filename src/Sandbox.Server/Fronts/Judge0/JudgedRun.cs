using Sandbox.Server.Jobs;

namespace Sandbox.Server.Fronts.Judge0;

// The words are those of isolate, in the version that Judge0 has: clients show them.

/// <summary>What the result of a job is in Judge0's words. All of it is a function of the result and of what was asked for.</summary>
internal static class JudgedRun
{
    private const int Killed = 9;
    private const int FileSizeExceeded = 25;
    private const int BadSystemCall = 31;
    private const int CpuTimeExceeded = 24;
    private const int AfterSignal = 128;

    private static readonly byte[] s_compilationTime = "Compilation time limit exceeded."u8.ToArray();

    /// <summary>A submission once the compiler is over; <see cref="Submission.Status"/> says whether it goes on.</summary>
    /// <param name="submission">The submission.</param>
    /// <param name="result">Of the compiler.</param>
    /// <param name="at">The time.</param>
    public static Submission Compiled(Submission submission, JobResult result, DateTimeOffset at)
    {
        var said = NotEmpty(result.Stdout);
        return result.Verdict switch
        {
            // What it leaves may be too much, or of a kind that is not brought on: the program says what it misses.
            Verdict.Ok or Verdict.OutputError => submission with { CompileOutput = said },
            Verdict.SetupError or Verdict.InternalError or Verdict.Cancelled or Verdict.InvalidJob => Failed(submission, result.Message, at),
            Verdict.CpuTimeLimit or Verdict.WallTimeLimit or Verdict.IdleLimit => CompilationError(submission, s_compilationTime, at),
            Verdict.ExitCode => CompilationError(submission, said, at),

            // Nobody knows otherwise why there is nothing to read.
            _ => CompilationError(submission, said ?? System.Text.Encoding.UTF8.GetBytes(result.Message), at),
        };
    }

    /// <summary>A submission once a run of it is over.</summary>
    /// <param name="submission">The submission, with what earlier runs have left.</param>
    /// <param name="result">Of the program.</param>
    /// <param name="at">The time.</param>
    public static Submission Ended(Submission submission, JobResult result, DateTimeOffset at)
    {
        if (result.Verdict is Verdict.SetupError or Verdict.InternalError or Verdict.Cancelled or Verdict.InvalidJob)
        {
            return Failed(submission, result.Message, at);
        }

        var ended = submission with
        {
            FinishedAt = at,
            Stdout = NotEmpty(result.Stdout),
            Stderr = NotEmpty(result.Stderr),
            Time = Seconds(result.Time.Cpu),
            WallTime = Seconds(result.Time.Wall),
            Memory = (result.Memory.PeakBytes + 1023) / 1024,
            ExitCode = 0,
            ExitSignal = null,
            Message = null,
        };
        if (result.Verdict == Verdict.ExecFailed)
        {
            return ended with { Status = Judge0Status.ExecFormatError, Message = result.Message };
        }

        if (IsOverCpuTime(submission, result))
        {
            return ended with { Status = Judge0Status.TimeLimitExceeded, Message = "Time limit exceeded" };
        }

        if (result.Verdict is Verdict.WallTimeLimit or Verdict.IdleLimit)
        {
            return ended with { Status = Judge0Status.TimeLimitExceeded, Message = "Time limit exceeded (wall clock)" };
        }

        if (Signal(result) is { } signal)
        {
            return ended with { Status = Judge0Statuses.OfSignal(signal), ExitSignal = signal, Message = $"Caught fatal signal {signal}" };
        }

        var code = Code(result);
        return code != 0
            ? ended with { Status = Judge0Status.NonZeroExit, ExitCode = code, Message = $"Exited with error status {code}" }
            : ended with { Status = OutputComparer.Accepts(submission.ExpectedOutput, ended.Stdout) ? Judge0Status.Accepted : Judge0Status.WrongAnswer };
    }

    /// <summary>A submission of which nothing is to be had, because of this side.</summary>
    /// <param name="submission">The submission.</param>
    /// <param name="why">In a sentence.</param>
    /// <param name="at">The time.</param>
    public static Submission Failed(Submission submission, string why, DateTimeOffset at) => submission with { Status = Judge0Status.InternalError, Message = why, FinishedAt = at };

    private static Submission CompilationError(Submission submission, byte[]? output, DateTimeOffset at) => submission with { Status = Judge0Status.CompilationError, CompileOutput = output, FinishedAt = at };

    // It was let go on for the extra time, and is over the limit anyway.
    private static bool IsOverCpuTime(Submission submission, JobResult result)
    {
        if (result.Verdict == Verdict.CpuTimeLimit || (submission.IsTimePerProcess && Code(result) == AfterSignal + CpuTimeExceeded))
        {
            return true;
        }

        return !submission.IsTimePerProcess && submission.CpuTimeLimit > 0 && (decimal)result.Time.Cpu.TotalSeconds > submission.CpuTimeLimit;
    }

    // What ended the shell itself. A limit of the whole job would there have ended a process below it.
    private static int? Signal(JobResult result) =>
        result is { Verdict: Verdict.Signal or Verdict.FileSizeLimit or Verdict.PolicyViolation, Signal: { } name } ? Signals.NumberOf(name) : null;

    private static int Code(JobResult result) => result.ExitCode is { } code and not 0 ? code : result.Verdict switch
    {
        Verdict.MemoryLimit or Verdict.DiskLimit => AfterSignal + Killed,
        Verdict.OutputLimit or Verdict.FileSizeLimit => AfterSignal + FileSizeExceeded,
        Verdict.PolicyViolation => AfterSignal + BadSystemCall,
        _ => 0,
    };

    private static byte[]? NotEmpty(StreamResult stream) => stream.Content is { Length: > 0 } content ? content.ToArray() : null;

    private static decimal Seconds(TimeSpan time) => Math.Round((decimal)time.TotalSeconds, 3);
}

/// <summary>Compares what was written with what was expected, as Judge0 does.</summary>
internal static class OutputComparer
{
    /// <summary>White space at the end of each line, and at the end, does not count. No output is as an empty one.</summary>
    public static bool Accepts(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> written)
    {
        var one = TrimEnd(expected);
        var other = TrimEnd(written);
        while (true)
        {
            var (end, otherEnd) = (one.IndexOf((byte)'\n'), other.IndexOf((byte)'\n'));
            if (!TrimEnd(end < 0 ? one : one[..end]).SequenceEqual(TrimEnd(otherEnd < 0 ? other : other[..otherEnd])))
            {
                return false;
            }

            if (end < 0 || otherEnd < 0)
            {
                return end < 0 && otherEnd < 0;
            }

            one = one[(end + 1)..];
            other = other[(otherEnd + 1)..];
        }
    }

    /// <inheritdoc cref="Accepts(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    /// <param name="expected">Null accepts everything.</param>
    /// <param name="written">What was written.</param>
    public static bool Accepts(byte[]? expected, byte[]? written) => expected is null || Accepts(expected.AsSpan(), written.AsSpan());

    private static ReadOnlySpan<byte> TrimEnd(ReadOnlySpan<byte> text) => text.TrimEnd("\0\t\n\v\f\r "u8);
}
