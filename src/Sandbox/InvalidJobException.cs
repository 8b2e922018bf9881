namespace Sandbox;

/// <summary>The job is not valid; nothing was started.</summary>
public sealed class InvalidJobException : Exception
{
    /// <summary>Creates the exception from every problem found.</summary>
    public InvalidJobException(IReadOnlyList<JobProblem> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>Every problem, in the order of the file.</summary>
    public IReadOnlyList<JobProblem> Problems { get; }
}
