using Sandbox.Jobs;

namespace Sandbox.Sequence;

/// <summary>What came of running and judging the job of a step once.</summary>
internal sealed record JudgedRun
{
    /// <summary>What came of the job.</summary>
    public required JobResult Result { get; init; }

    /// <summary>What came of the processes beside it.</summary>
    public IReadOnlyList<ProcessResult> Processes { get; init; } = [];

    /// <summary>How it was judged; null where it was not.</summary>
    public CheckResult? Check { get; init; }

    /// <summary>Who failed by itself, where there was more than the job; null for nobody.</summary>
    public ProcessResult? Failed { get; init; }

    /// <summary>The verdict on all of it.</summary>
    public Verdict Verdict => Check?.Verdict ?? Failed?.Result.Verdict ?? Result.Verdict;

    /// <summary>The verdict in one sentence.</summary>
    public string Message => Check is { Verdict: not Verdict.Ok } ? Check.Message
        : Failed is null or { Name: InteractorPipes.Solution } ? Result.Message : $"{Failed.Name}: {Failed.Result.Message}";

    /// <summary>The same with no more than so many bytes of each stream.</summary>
    public JudgedRun Shortened(int most) => this with
    {
        Result = Shortened(Result, most),
        Processes = [.. Processes.Select(process => process with { Result = Shortened(process.Result, most) })],
    };

    private static JobResult Shortened(JobResult result, int most) =>
        result with { Stdout = Shortened(result.Stdout, most), Stderr = Shortened(result.Stderr, most) };

    private static StreamResult Shortened(StreamResult stream, int most) =>
        stream.Content is { } content && content.Length > most ? stream with { Content = content[..most].ToArray(), Truncated = true } : stream;
}
