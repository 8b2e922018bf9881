namespace Sandbox.Execution;

/// <summary>What became of a job's <c>outputs</c>.</summary>
internal sealed record CollectedOutputs
{
    /// <summary>Nothing was asked for, or there is nothing to collect from.</summary>
    public static CollectedOutputs None { get; } = new() { Outputs = [], Errors = [], Required = null };

    /// <summary>Files written to the host, in the order of the job file, globs sorted by name.</summary>
    public required IReadOnlyList<OutputResult> Outputs { get; init; }

    /// <summary>Files not written, with the reason.</summary>
    public required IReadOnlyList<OutputFailure> Errors { get; init; }

    /// <summary>The first of <see cref="Errors"/> that concerns an output which is not optional; null if none does.</summary>
    public required OutputFailure? Required { get; init; }

    /// <summary>The same with further failures, none of which is optional.</summary>
    public CollectedOutputs With(IEnumerable<OutputFailure> failures)
    {
        OutputFailure[] further = [.. failures];
        return further.Length == 0 ? this : this with { Errors = [.. Errors, .. further], Required = Required ?? further[0] };
    }
}
