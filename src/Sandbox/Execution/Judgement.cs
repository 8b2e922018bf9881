namespace Sandbox.Execution;

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
    public string? KilledBy { get; init; }

    /// <summary>JSON names of every limit that was reached, in the order of the job file.</summary>
    public required IReadOnlyList<string> LimitsHit { get; init; }

    /// <summary>How far past the deciding time limit the job was stopped; zero otherwise.</summary>
    public TimeSpan Overshoot { get; init; }
}
