namespace Sandbox.Resources.Limits;

/// <summary>The columns of <c>/proc/PID/stat</c> that limits need (proc_pid_stat(5)).</summary>
internal readonly record struct ProcStat
{
    // PF_FORKNOEXEC, include/linux/sched.h: set in every new process, cleared by execve(2), Linux 2.6 and later.
    private const long ForkedFlag = 0x40;

    /// <summary>It has ended, and nobody has waited for it yet (states Z and X).</summary>
    public required bool HasEnded { get; init; }

    /// <summary>Number of the parent.</summary>
    public required int Parent { get; init; }

    /// <summary>It executes what its creator executed: only then can its memory be another's, since execve(2) gives each its own.</summary>
    public required bool HasNotExecuted { get; init; }

    /// <summary>Page faults of the process and of the children it has waited for, theirs included; those that a system call caused, too.</summary>
    public required long Faults { get; init; }

    /// <summary>The part of <see cref="Faults"/> that children had.</summary>
    public required long ReapedFaults { get; init; }

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
        {
            return false;
        }

        var rest = line[(end + 1)..].TrimStart((byte)' ');
        var hasEnded = !rest.IsEmpty && rest[0] is ((byte)'Z' or (byte)'X');
        if (!AsciiNumbers.SkipColumns(ref rest, 1)
            || !AsciiNumbers.TakeNumber(ref rest, out var parent)
            || !AsciiNumbers.SkipColumns(ref rest, 4)
            || !AsciiNumbers.TakeNumber(ref rest, out var flags)
            || !AsciiNumbers.TakeNumber(ref rest, out var minor)
            || !AsciiNumbers.TakeNumber(ref rest, out var reapedMinor)
            || !AsciiNumbers.TakeNumber(ref rest, out var major)
            || !AsciiNumbers.TakeNumber(ref rest, out var reapedMajor)
            || !AsciiNumbers.TakeNumber(ref rest, out var user)
            || !AsciiNumbers.TakeNumber(ref rest, out var system)
            || !AsciiNumbers.TakeNumber(ref rest, out var reapedUser)
            || !AsciiNumbers.TakeNumber(ref rest, out var reapedSystem)
            || !AsciiNumbers.SkipColumns(ref rest, 2)
            || !AsciiNumbers.TakeNumber(ref rest, out var threads)
            || !AsciiNumbers.SkipColumns(ref rest, 1)
            || !AsciiNumbers.TakeNumber(ref rest, out var start))
        {
            return false;
        }

        stat = new()
        {
            HasEnded = hasEnded,
            Parent = (int)parent,
            HasNotExecuted = (flags & ForkedFlag) != 0,
            Faults = minor + reapedMinor + major + reapedMajor,
            ReapedFaults = reapedMinor + reapedMajor,
            OwnTicks = user + system,
            ReapedTicks = reapedUser + reapedSystem,
            Threads = (int)threads,
            StartTime = start,
        };
        return true;
    }
}
