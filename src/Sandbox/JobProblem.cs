using Sandbox.Text;

namespace Sandbox;

/// <summary>One thing that is wrong with a job.</summary>
public sealed record JobProblem
{
    /// <summary>JSON pointer of the member, such as <c>/limits/memory</c>; empty for the whole file.</summary>
    public required string Pointer { get; init; }

    /// <summary>What is wrong, in one sentence without a full stop.</summary>
    public required string Message { get; init => field = Words.Printable(value); }

    /// <summary>Line in the file from 1; 0 when the job did not come from a file.</summary>
    public int Line { get; init; }

    /// <summary>Column in the line from 1, in characters; 0 when the job did not come from a file.</summary>
    public int Column { get; init; }

    /// <summary>The nearest valid name ("did you mean"), or null.</summary>
    public string? Suggestion { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{(Line > 0 ? $"{Line}:{Column}: " : "")}{(Pointer.Length > 0 ? Pointer + ": " : "")}{Message}" +
        (Suggestion is null ? "" : $"; did you mean \"{Suggestion}\"?");
}
