using Sandbox.Text;

namespace Sandbox;

/// <summary>The sandbox could not be set up, or was lost. Never a verdict on the job.</summary>
public class SandboxException : Exception
{
    /// <summary>Creates the exception from the facts of the failure.</summary>
    public SandboxException(string message, Exception? cause = null)
        : base(Words.Printable(message), cause)
    {
    }

    /// <summary>Phase of the job's life in which it happened.</summary>
    public JobPhase? Phase { get => field ?? (Operation is { } operation ? OperationTable.Of(operation).Phase : null); init; }

    /// <summary>What was attempted, in the user's words, such as <c>mount tmpfs</c>; the same words for the same thing, whatever its path.</summary>
    public string? Step { get => field ?? (Operation is { } operation ? OperationTable.Word(operation, Subject) : null); init; }

    /// <summary>The path concerned, on the host or inside.</summary>
    public string? Path { get; init; }

    /// <summary>Name of the errno, such as <c>EACCES</c>.</summary>
    public string? Errno { get; init; }

    /// <summary>What to do about it; null if nothing known explains it.</summary>
    public string? Hint { get => field ?? OperationTable.Hint(Operation, Errno); init; }

    /// <summary>JSON pointer of the job's member that asked for it, such as <c>/mounts/2</c>.</summary>
    public string? Pointer { get; init; }

    /// <summary>What was being done: it says <see cref="Phase"/>, <see cref="Step"/> and <see cref="Hint"/> where nothing else is given.</summary>
    internal Operation? Operation { get; init; }

    /// <summary>What the words of <see cref="Operation"/> are about, where they leave that open.</summary>
    internal string? Subject { get; init; }

    /// <summary>The same failure, which that member of the job asked for; in another phase if one is given.</summary>
    internal SandboxException For(string? pointer, JobPhase? phase = null) => new(Message, this)
    {
        Phase = phase ?? Phase,
        Step = Step,
        Path = Path,
        Errno = Errno,
        Hint = Hint,
        Pointer = pointer,
        Operation = Operation,
        Subject = Subject,
    };
}

/// <summary>The job is not valid; nothing was started.</summary>
public sealed class InvalidJobException : Exception
{
    /// <summary>Creates the exception from every problem found.</summary>
    public InvalidJobException(IReadOnlyList<JobProblem> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>Every problem, in the order of the file.</summary>
    public IReadOnlyList<JobProblem> Problems { get; }
}

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

/// <summary>What failed in the sandbox itself, or is wrong with the job.</summary>
public sealed record ErrorReport
{
    /// <summary>Phase of the job's life.</summary>
    public JobPhase? Phase { get; init; }

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
