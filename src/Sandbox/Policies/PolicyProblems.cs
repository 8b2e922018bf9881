using Sandbox.Jobs;

namespace Sandbox.Policies;

/// <summary>Collects what is wrong with a policy, so that everything is told at once.</summary>
internal sealed class PolicyProblems
{
    private readonly List<JobProblem> _found = [];

    public void Add(PolicyWord word, string message, string? suggestion = null) =>
        Add(word.Source, word.Pointer, word.Offset, message, suggestion);

    public void Add(PolicySource source, string pointer, long offset, string message, string? suggestion = null)
    {
        // An inline policy is a piece of the job file: a line counted from its own start would mislead.
        var inJob = source.Name.Length == 0;
        var (line, column) = inJob ? (0, 0) : Positions.Of(source.Json.Span, offset);
        var problem = new JobProblem
        {
            Pointer = pointer,
            Message = inJob ? message : $"in {source.Name}: {message}",
            Line = line,
            Column = column,
            Suggestion = suggestion,
        };
        // A group is looked up wherever it is named.
        if (!_found.Contains(problem))
        {
            _found.Add(problem);
        }
    }

    public void ThrowIfAny()
    {
        if (_found.Count > 0)
        {
            throw new InvalidJobException(_found);
        }
    }
}
