using Sandbox;

namespace Judge;

/// <summary>A problem with its tests, which are in memory: nothing that a job is given leads to them.</summary>
internal sealed record Problem
{
    /// <summary>The name of its directory.</summary>
    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>Plain text.</summary>
    public required string Statement { get; init; }

    /// <summary>CPU time for one test.</summary>
    public required TimeSpan Time { get; init; }

    public required long MemoryBytes { get; init; }

    /// <summary>How outputs are judged, or who talks to submissions.</summary>
    public required OutputCheck Check { get; init; }

    public required IReadOnlyList<Subtask> Subtasks { get; init; }
}

/// <summary>Tests that have points together: all or nothing, or the part that the worst of them has.</summary>
internal sealed record Subtask
{
    public required string Name { get; init; }

    public required double Points { get; init; }

    /// <summary>Earlier subtasks without which this one is not tried.</summary>
    public required IReadOnlyList<string> Requires { get; init; }

    /// <summary>What the check says is shown, and with it something of the answers: for examples that are in the statement.</summary>
    public required bool Feedback { get; init; }

    public required IReadOnlyList<Test> Tests { get; init; }
}

/// <summary>One test.</summary>
/// <param name="Name">Of its files.</param>
/// <param name="Input">What the submission reads, or the interactor is given.</param>
/// <param name="Answer">What the check compares with; null where it needs nothing.</param>
internal sealed record Test(string Name, Content Input, Content? Answer);

/// <summary>What everybody may know of a problem.</summary>
internal sealed record ProblemView(string Id, string Title, string Statement, bool Interactive, string Time, string Memory, IEnumerable<SubtaskView> Subtasks)
{
    public static ProblemView Of(Problem problem) => new(
        problem.Id, problem.Title, problem.Statement, problem.Check is InteractorCheck, Quantities.FormatDuration(problem.Time), DisplayText.Bytes(problem.MemoryBytes),
        problem.Subtasks.Select(static subtask => new SubtaskView(subtask.Name, subtask.Points, subtask.Tests.Count)));
}

internal sealed record SubtaskView(string Name, double Points, int Tests);
