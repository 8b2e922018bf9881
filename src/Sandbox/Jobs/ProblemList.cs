using System.Text.Json;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Everything found wrong with one job, collected so that all of it is told at once.</summary>
internal sealed class ProblemList
{
    private readonly List<Found> _found = [];
    private int _fromReader = -1;

    /// <summary>The place of the part that is looked at, which pointers of problems start from.</summary>
    public string Prefix { get; set; } = "";

    public bool IsEmpty => _found.Count == 0;

    /// <summary>Adds a problem; without an offset its place is looked up by the pointer when it is told.</summary>
    public void Add(string pointer, string message, string? suggestion = null, long offset = -1)
    {
        pointer = Prefix + pointer;
        if (_fromReader >= 0 && Overlaps(pointer))
        {
            return;
        }

        _found.Add(new Found(pointer, message, suggestion, offset));
    }

    /// <summary>
    /// From here on, problems of a value that could not even be read are dropped: its default stands in
    /// for it, and a complaint about the default would name something the user never wrote.
    /// </summary>
    public void EndOfReading() => _fromReader = _found.Count;

    /// <summary>A value could not be read, so nothing can be concluded from its default.</summary>
    public bool Unreadable(string pointer) => _fromReader > 0 && Overlaps(Prefix + pointer);

    /// <summary>The exception for a job made in code: pointers, but no lines.</summary>
    public InvalidJobException ToException()
    {
        var problems = new List<JobProblem>(_found.Count);
        foreach (var found in _found)
        {
            problems.Add(found.At(0, 0));
        }

        return new InvalidJobException(problems);
    }

    /// <summary>The exception for a job file, in the order of the file.</summary>
    public InvalidJobException ToException(ReadOnlySpan<byte> utf8, JsonReaderOptions options)
    {
        var problems = new List<JobProblem>(_found.Count);
        foreach (var found in _found)
        {
            var offset = found.Offset >= 0 ? found.Offset : Positions.Find(utf8, found.Pointer, options);
            var (line, column) = Positions.Of(utf8, offset);
            problems.Add(found.At(line, column));
        }

        // Insertion keeps problems of one place in the order they were found; List.Sort would not.
        for (var index = 1; index < problems.Count; index++)
        {
            var moving = problems[index];
            var free = index;
            for (; free > 0 && IsAfter(problems[free - 1], moving); free--)
            {
                problems[free] = problems[free - 1];
            }

            problems[free] = moving;
        }

        return new InvalidJobException(problems);
    }

    private static bool IsAfter(JobProblem left, JobProblem right) =>
        left.Line > right.Line || (left.Line == right.Line && left.Column > right.Column);

    private bool Overlaps(string pointer)
    {
        for (var index = 0; index < _fromReader; index++)
        {
            if (JsonPointer.Overlap(_found[index].Pointer, pointer) && _found[index].Pointer.Length > 0)
            {
                return true;
            }
        }

        return false;
    }

    private sealed record Found(string Pointer, string Message, string? Suggestion, long Offset)
    {
        public JobProblem At(int line, int column) => new()
        {
            Pointer = Pointer,
            Message = Message,
            Suggestion = Suggestion,
            Line = line,
            Column = column,
        };
    }
}
