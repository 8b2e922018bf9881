namespace Sandbox.Execution.Diff;

/// <summary>What became of a job's <c>diff</c>.</summary>
internal sealed record CollectedDiff
{
    /// <summary>None was asked for, or there is nothing to look at.</summary>
    public static CollectedDiff None { get; } = new() { Diff = null, Errors = [], Required = null };

    /// <summary>The result's part; null if there is none.</summary>
    public required DiffResult? Diff { get; init; }

    /// <summary>What could not be told, with the reason.</summary>
    public required IReadOnlyList<OutputFailure> Errors { get; init; }

    /// <summary>The first of them that leaves the diff or its archive incomplete; null if none does.</summary>
    public required OutputFailure? Required { get; init; }
}
