using Sandbox.Text;

namespace Sandbox;

/// <summary>What failed in the sandbox itself, or is wrong with the job.</summary>
public sealed record ErrorReport
{
    /// <summary>Phase of the job's life.</summary>
    public string? Phase { get; init; }

    /// <summary>What was attempted.</summary>
    public string? Step { get; init; }

    /// <summary>The path concerned.</summary>
    public string? Path { get; init; }

    /// <summary>Name of the errno.</summary>
    public string? Errno { get; init; }

    /// <summary>What went wrong in one sentence.</summary>
    public required string Message { get; init => field = Words.Printable(value); }

    /// <summary>What to do about it.</summary>
    public string? Hint { get; init => field = value is null ? null : Words.Printable(value); }

    /// <summary>JSON pointer of the job's member that asked for it.</summary>
    public string? Pointer { get; init; }

    /// <summary>For <see cref="Verdict.InvalidJob"/>: everything that is wrong with the job.</summary>
    public IReadOnlyList<JobProblem> Problems { get; init; } = [];
}
