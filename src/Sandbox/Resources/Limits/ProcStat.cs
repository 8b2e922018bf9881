namespace Sandbox.Resources.Limits;

/// <summary>The columns of <c>/proc/PID/stat</c> that limits need (proc_pid_stat(5)).</summary>
internal readonly record struct ProcStat
{
    /// <summary>State letter: <c>D</c> is a wait that nothing but its end or SIGKILL ends, such as vfork(2)'s.</summary>
    public required byte State { get; init; }

    /// <summary>Number of the parent.</summary>
    public required int Parent { get; init; }

    /// <summary>Clock ticks of the process itself, user and system, exited threads included.</summary>
    public required long OwnTicks { get; init; }

    /// <summary>Clock ticks of children it has waited for, and of theirs.</summary>
    public required long ReapedTicks { get; init; }

    /// <summary>Tasks in the process.</summary>
    public required int Threads { get; init; }

    /// <summary>When it started; with the number it tells one process from the next of the same number.</summary>
    public required long StartTime { get; init; }

    /// <summary>Reads one line; false for what is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out ProcStat stat)
    {
        stat = default;

        // The second column is the command in parentheses, chosen by the job: it may hold parentheses,
        // blanks and line ends. All that follows it is numbers, so the last parenthesis is its end.
        var end = line.LastIndexOf((byte)')');
        if (end < 0)
            return false;

        var rest = line[(end + 1)..].TrimStart((byte)' ');
        var state = rest.IsEmpty ? (byte)0 : rest[0];
        if (!AsciiNumbers.SkipColumns(ref rest, 1)
            || !AsciiNumbers.TakeNumber(ref rest, out var parent)
            || !AsciiNumbers.SkipColumns(ref rest, 9)
            || !AsciiNumbers.TakeNumber(ref rest, out var user)
            || !AsciiNumbers.TakeNumber(ref rest, out var system)
            || !AsciiNumbers.TakeNumber(ref rest, out var reapedUser)
            || !AsciiNumbers.TakeNumber(ref rest, out var reapedSystem)
            || !AsciiNumbers.SkipColumns(ref rest, 2)
            || !AsciiNumbers.TakeNumber(ref rest, out var threads)
            || !AsciiNumbers.SkipColumns(ref rest, 1)
            || !AsciiNumbers.TakeNumber(ref rest, out var start))
            return false;

        stat = new()
        {
            State = state,
            Parent = (int)parent,
            OwnTicks = user + system,
            ReapedTicks = reapedUser + reapedSystem,
            Threads = (int)threads,
            StartTime = start,
        };
        return true;
    }
}
