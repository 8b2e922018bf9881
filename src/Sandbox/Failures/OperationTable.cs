namespace Sandbox.Failures;

// Nothing of this is made before something fails: a start that goes well looks nothing up.

/// <summary>What is said of each <see cref="Operation"/> when it fails: its words, its phase, and what to do about it.</summary>
internal static class OperationTable
{
    /// <summary>Stands in a row's words for the subject of the one failure.</summary>
    private const string Subject = "…";

    // Whatever was being done: what the sandbox itself may have is used up, or something outside does not answer.
    private static readonly HintRule[] s_always =
    [
        new("the sandbox has too many open files: raise ulimit -n, or run fewer jobs at once", "EMFILE"),
        new("this host has too many open files: raise fs.file-max, or run fewer jobs at once", "ENFILE"),
        new("the limit of file sizes is too low for the sandbox itself: raise ulimit -f", "EFBIG"),
        new("the host is out of memory, or the limit of the sandbox itself is too low: raise ulimit -v and ulimit -d, or run fewer jobs at once", "ENOMEM"),
        new("too many descriptors are on their way in sockets of this user's processes (unix(7)), which a running job can have done: end it, give jobs fewer openFiles, or raise ulimit -n (soft and hard) above theirs", "ETOOMANYREFS"),
        new("this waits for a server that does not answer (NFS, FUSE), a FIFO without a writer, or a lock that somebody keeps: bring it back, or take the path out of the job", "ETIMEDOUT"),
    ];

    private static readonly OperationRow[] s_rows = Ordered([.. PlanOperations.Rows, .. HostOperations.Rows, .. StoreOperations.Rows]);

    /// <summary>The remedies that hold whatever was being done.</summary>
    public static IReadOnlyList<HintRule> Always => s_always;

    /// <summary>The row of an operation.</summary>
    public static OperationRow Of(Operation operation) => s_rows[(int)operation];

    /// <summary>What was attempted, in the user's words: <c>step</c> of a result.</summary>
    public static string Word(Operation operation, string? subject = null) =>
        subject is null ? Of(operation).Word : Of(operation).Word.Replace(Subject, subject, StringComparison.Ordinal);

    /// <summary>What to do about a failure, as far as that can be said without a look at the host; null if nothing known explains it.</summary>
    public static string? Hint(Operation? operation, string? errno)
    {
        var row = operation is { } known ? Of(known) : null;
        return row?.Rules.FirstOrDefault(rule => rule.Explains(errno))?.Hint
            ?? s_always.FirstOrDefault(rule => rule.Explains(errno))?.Hint
            ?? row?.Otherwise;
    }

    private static OperationRow[] Ordered(OperationRow[] rows)
    {
        Array.Sort(rows, static (one, other) => one.Operation.CompareTo(other.Operation));
        return rows;
    }
}

/// <summary>An operation, as failures of it are told.</summary>
/// <param name="Operation">Which.</param>
/// <param name="Word">What was attempted, in a word or three, such as <c>mount tmpfs</c>; "…" stands for what the failure names.</param>
/// <param name="Phase">The phase of the job's life in which it is done.</param>
internal sealed record OperationRow(Operation Operation, string Word, JobPhase Phase)
{
    /// <summary>What to do by the kernel's answer, where it lies in the job, the user or the host alone; each errno once.</summary>
    public IReadOnlyList<HintRule> Rules { get; init; } = [];

    /// <summary>What asks the kernel for the same thing: the host's facts then say who refuses it. Null for none.</summary>
    public HostProbe? Probe { get; init; }

    /// <summary>What to do whatever the kernel's answer was, and where it gave none; null if that cannot be said.</summary>
    public string? Otherwise { get; init; }

    /// <summary>Why no remedy is known, in a row without any.</summary>
    public string? NoHint { get; init; }
}

/// <summary>What to do about some answers of the kernel.</summary>
/// <param name="Hint">In one sentence without a full stop: what stands in the way, and what removes it.</param>
/// <param name="Errnos">The names of the answers.</param>
internal sealed record HintRule(string Hint, params string[] Errnos)
{
    /// <summary>Whether this is about the answer.</summary>
    public bool Explains(string? errno) => errno is not null && Array.IndexOf(Errnos, errno) >= 0;
}
