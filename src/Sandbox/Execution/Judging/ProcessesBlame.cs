using System.Diagnostics;

namespace Sandbox.Execution.Judging;

/// <summary>What is known of one process when all have ended.</summary>
/// <param name="Name">What the job calls it.</param>
/// <param name="Result">Its result.</param>
/// <param name="EndedAt">When it ended, as a stamp of the monotonic clock; 0 if it never ran.</param>
/// <param name="Readers">The processes that read what it writes.</param>
internal sealed record EndedProcess(string Name, JobResult Result, long EndedAt, IReadOnlyList<string> Readers)
{
    /// <summary>The processes on the other side of the pipes that it closed first, as far as that is known.</summary>
    public IReadOnlyList<string> Closed { get; init; } = [];

    /// <summary>The processes that are known to have still been there when it ended.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];
}

/// <summary>Says which of several processes that depend on each other is to blame.</summary>
internal static class ProcessesBlame
{
    /// <summary>
    /// Ends no further apart are at one time: each is heard by another thread, of another launcher, and on a busy machine their order is that of the scheduler.
    /// </summary>
    public static readonly TimeSpan AtOneTime = TimeSpan.FromMilliseconds(50);

    /// <summary>The one that failed first and not because of another; null if all ended well.</summary>
    public static EndedProcess? Culprit(IReadOnlyList<EndedProcess> processes)
    {
        var failed = processes.Where(static process => process.Result.Verdict != Verdict.Ok).ToList();
        return First([.. failed.Where(process => !IsConsequence(process, failed)).OrderBy(Rank).ThenBy(static process => process.EndedAt)]) ??
            failed.MinBy(static process => process.EndedAt);
    }

    // From the first that was heard of, as far back as somebody had closed a pipe to it: a process is alive when it sees the end of another.
    private static EndedProcess? First(List<EndedProcess> candidates)
    {
        var first = candidates.FirstOrDefault();
        while (first is not null && candidates.Find(other => other != first && IsBefore(other, first)) is { } earlier)
        {
            candidates.Remove(first);
            first = earlier;
        }

        return first;
    }

    private static bool IsBefore(EndedProcess process, EndedProcess other) =>
        Rank(process) == Rank(other) && (process.Left.Contains(other.Name) || (process.Closed.Contains(other.Name) && Stopwatch.GetElapsedTime(other.EndedAt, process.EndedAt) <= AtOneTime));

    /// <summary>It is a fault of the sandbox, whatever the programs did.</summary>
    public static bool IsOfSandbox(EndedProcess process) => Rank(process) == 0;

    // A fault of the sandbox is never told as a fault of a program that met its effects.
    private static int Rank(EndedProcess process) => process.Result.Verdict switch
    {
        Verdict.SetupError or Verdict.InternalError or Verdict.InvalidJob => 0,
        Verdict.Cancelled => 1,
        _ => 2,
    };

    // The kernel closes a dying reader's end before anybody hears of its death (exit_files() is before exit_notify()), and the writer may be reaped
    // first: SIGPIPE comes after whatever became of the reader, whatever the clock says.
    private static bool IsConsequence(EndedProcess process, List<EndedProcess> failed) =>
        process.Result is { Verdict: Verdict.Signal, Signal: "SIGPIPE" } && failed.Any(other => process.Readers.Contains(other.Name));
}
