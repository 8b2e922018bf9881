using Sandbox.Text;

namespace Sandbox;

/// <summary>What became of a <see cref="StepsJob"/>.</summary>
public sealed record StepsResult : DocumentResult
{
    /// <inheritdoc/>
    public override string? Name { get; init; }

    /// <summary>
    /// <see cref="Verdict.Ok"/> if every step was; a failure of the sandbox or of a checker before anything else, because nothing is certain then; otherwise that of the
    /// first case or step that was not ok.
    /// </summary>
    public override required Verdict Verdict { get; init; }

    /// <inheritdoc/>
    public override required string Message { get; init => field = Words.Printable(value); }

    /// <summary>The points of all steps; null where the job has none to give.</summary>
    public Points? Points { get; init; }

    /// <summary>Every step, in the order of the job.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init; }

    /// <inheritdoc/>
    public override long CapturedBytes() => Steps.Sum(static step =>
        (step.Result?.CapturedBytes() ?? 0) + Of(step.Processes) + step.Cases.Sum(static @case => (@case.Result?.CapturedBytes() ?? 0) + Of(@case.Processes) + 2048));

    private static long Of(IReadOnlyList<ProcessResult> processes) => processes.Sum(static process => process.Result.CapturedBytes());
}

/// <summary>Points that were reached, of those that could be.</summary>
public sealed record Points
{
    /// <summary>What was reached, 0 to <see cref="Of"/>.</summary>
    public required double Reached { get; init; }

    /// <summary>What could be.</summary>
    public required double Of { get; init; }
}

/// <summary>What became of one step.</summary>
public sealed record StepResult
{
    /// <summary>What the job calls it.</summary>
    public required string Name { get; init; }

    /// <summary>Its verdict, made of those of its cases as that of the job is of its steps.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>The verdict in one sentence.</summary>
    public required string Message { get; init => field = Words.Printable(value); }

    /// <summary>Its points; null where it has none to give.</summary>
    public Points? Points { get; init; }

    /// <summary>It did not run: this is the result of one that was the same in everything, with the figures of that.</summary>
    public bool Cached { get; init; }

    /// <summary>What came of its job; null if it was skipped, or has cases.</summary>
    public JobResult? Result { get; init; }

    /// <summary>What came of the further processes that ran with its job, in the order of the job; empty where it has none, was skipped, or has cases.</summary>
    public IReadOnlyList<ProcessResult> Processes { get; init; } = [];

    /// <summary>How what it wrote was judged; null where it was not.</summary>
    public CheckResult? Check { get; init; }

    /// <summary>The files that it kept, by their names: SHA-256, lower-case hexadecimal.</summary>
    public IReadOnlyDictionary<string, string> Kept { get; init; } = new Dictionary<string, string>();

    /// <summary>Its groups, in the order of the job.</summary>
    public IReadOnlyList<GroupResult> Groups { get; init; } = [];

    /// <summary>Its cases, in the order of the job.</summary>
    public IReadOnlyList<CaseResult> Cases { get; init; } = [];
}

/// <summary>What became of one case.</summary>
public sealed record CaseResult
{
    /// <summary>What the job calls it.</summary>
    public required string Name { get; init; }

    /// <summary>Its group; null for none.</summary>
    public string? Group { get; init; }

    /// <summary>Its verdict: that of its run, or of the process beside it that failed, if that was not ok, else that of the check.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>The verdict in one sentence.</summary>
    public required string Message { get; init => field = Words.Printable(value); }

    /// <summary>Its own points; null where it has none, or its group has them.</summary>
    public Points? Points { get; init; }

    /// <summary>What part of its points it has, 0 to 1.</summary>
    public double Fraction { get; init; }

    /// <summary>What came of its run, with the beginning of what it wrote where that was judged; null if it was skipped.</summary>
    public JobResult? Result { get; init; }

    /// <summary>What came of the further processes that ran with it, in the order of the job; empty where the step has none, or it was skipped.</summary>
    public IReadOnlyList<ProcessResult> Processes { get; init; } = [];

    /// <summary>How what it wrote was judged; null where it was not.</summary>
    public CheckResult? Check { get; init; }
}

/// <summary>How an output was judged.</summary>
public sealed record CheckResult
{
    /// <summary><see cref="Verdict.Ok"/>, <see cref="Verdict.WrongAnswer"/>, <see cref="Verdict.Partial"/> or <see cref="Verdict.CheckError"/>.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Where the first difference is, or the first line of what the checker wrote to stderr.</summary>
    public required string Message { get; init => field = Words.Printable(value); }

    /// <summary>What part of the points it gives, 0 to 1.</summary>
    public double Fraction { get; init; }

    /// <summary>What came of the checker where it failed; else null.</summary>
    public JobResult? Result { get; init; }
}

/// <summary>What became of a group of cases.</summary>
public sealed record GroupResult
{
    /// <summary>What the job calls it.</summary>
    public required string Name { get; init; }

    /// <summary>Its verdict, made of those of its cases.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Its points.</summary>
    public required Points Points { get; init; }
}
