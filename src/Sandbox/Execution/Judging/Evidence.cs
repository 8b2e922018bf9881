using Sandbox.Interop;
using Sandbox.Resources.Limits;

namespace Sandbox.Execution.Judging;

/// <summary>Everything a verdict may be based on: what the kernel said and what the sandbox measured, nothing else.</summary>
internal sealed record Evidence
{
    /// <summary>Wait status of the job's first process as wait(2) encodes it; null if it never ran.</summary>
    public required int? WaitStatus { get; init; }

    /// <summary>The first cause for which the supervisor stopped the job.</summary>
    public required StopCause Cause { get; init; }

    /// <summary>The init killed the first process; false if that process had ended before the order reached it.</summary>
    public required bool KilledBySandbox { get; init; }

    /// <summary>The signals that the caller had passed on to the first process.</summary>
    public SignalSet Forwarded { get; init; }

    /// <summary>The job had a terminal, whose keys send signals too.</summary>
    public bool HasTerminal { get; init; }

    /// <summary>The limits in force.</summary>
    public required ResourceLimits Limits { get; init; }

    /// <summary>RLIMIT_CPU of each process, which is the caller's; null for none.</summary>
    public TimeSpan? ProcessCpuLimit { get; init; }

    /// <summary>CPU time of the first process alone, as the kernel holds it against that limit; zero if it did not end by itself.</summary>
    public TimeSpan OwnCpu { get; init; }

    /// <summary>RLIMIT_FSIZE of the first process when it ended by itself: less than its limit if it had lowered it.</summary>
    public ulong OwnFileSize { get; init; }

    /// <summary>A process of the job sent SIGXFSZ, perhaps to the first one.</summary>
    public bool SentFileSizeSignal { get; init; }

    /// <summary>CPU time of the whole tree: the largest of all measurements.</summary>
    public required TimeSpan Cpu { get; init; }

    /// <summary>Real time from execve to the end.</summary>
    public required TimeSpan Wall { get; init; }

    /// <summary>How long the tree had made no progress when it was stopped for it.</summary>
    public TimeSpan Idle { get; init; }

    /// <summary>Largest memory that a watch measured against the limit, in bytes; what a control group counts, it holds, and its peak is no excess.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>The most that the job was seen to have in its writable directories and, on a disk, in its overlays.</summary>
    public long DiskBytes { get; init; }

    /// <summary>The most files that it was seen to have there.</summary>
    public long DiskFiles { get; init; }

    /// <summary>The memory limit in force, where it is another one than asked for; null for as asked for.</summary>
    public long? EffectiveMemoryBytes { get; init; }

    /// <summary>Somebody took away the control groups that held the job.</summary>
    public bool IsUnheld { get; init; }

    /// <summary>Processes the kernel's OOM killer took because the job's own control group was at its limit.</summary>
    public int OomKills { get; init; }

    /// <summary>Processes the kernel's OOM killer took although the job was within its limit: somebody else's memory had run out.</summary>
    public int OuterOomKills { get; init; }

    /// <summary>An allocation failed at the job's own memory limit.</summary>
    public bool MemoryLimitReached { get; init; }

    /// <summary>What the job may have had at most when it was stopped for keeping its memory from being measured; else null.</summary>
    public long? UnmeasuredMemoryBytes { get; init; }

    /// <summary>Which streams brought more than <c>output</c> bytes: <c>stdout</c>, <c>stderr</c>; also those only truncated.</summary>
    public IReadOnlyList<string> StreamsOverLimit { get; init; } = [];

    /// <summary>Other limits seen at their edge, by JSON name: <c>processes</c>, <c>disk</c>.</summary>
    public IReadOnlyList<string> LimitsObserved { get; init; } = [];

    /// <summary>The call the policy killed for; null if it did not.</summary>
    public PolicyViolation? Violation { get; init; }

    /// <summary>Why the program could not be executed; null if it was.</summary>
    public ExecFailure? Exec { get; init; }

    /// <summary>The caller cancelled while outputs were collected, so that some may be missing.</summary>
    public bool CollectionCancelled { get; init; }

    /// <summary>Something was not collected because of <c>limits.collect</c>.</summary>
    public bool CollectLimitReached { get; init; }

    /// <summary>What goes over the job's connections reached its limit.</summary>
    public bool TrafficLimitReached { get; init; }

    /// <summary>The job wanted more connections than it may make in all.</summary>
    public bool ConnectionLimitReached { get; init; }

    /// <summary>The first required output that could not be collected; null if all were.</summary>
    public OutputFailure? RequiredOutput { get; init; }
}

/// <summary>The final execve(2) failed: the job's program never ran.</summary>
internal sealed record ExecFailure
{
    /// <summary>The command's first word, as the job gave it.</summary>
    public required string Program { get; init; }

    /// <summary>Name of the errno, such as <c>ENOENT</c>.</summary>
    public required string Errno { get; init; }

    /// <summary>The program was found: ENOENT then means that its loader or interpreter was not (execve(2)).</summary>
    public bool ProgramExists { get; init; }

    /// <summary>The limit for which there was no room to start it, by JSON name; null if that is not why.</summary>
    public string? Limit { get; init; }

    /// <summary>What the sandbox found out beyond the errno, such as the missing loader's path; null if nothing.</summary>
    public string? Detail { get; init; }
}

/// <summary>CPU time of the whole tree from the two places that know it.</summary>
internal static class CpuUsage
{
    /// <summary>
    /// The larger of what the first process's reaper was charged (getrusage(2), RUSAGE_CHILDREN, less the set-up's share)
    /// and what the watchdog's clock counted: the former misses children of parents that ignore SIGCHLD (wait(2)), the
    /// latter programs that may not be read (perf_event_open(2)).
    /// </summary>
    public static TimeUsage Of(Supervisor supervisor)
    {
        var (user, system) = supervisor.Reports.Ended is { } ended
            ? (Microseconds(ended.UserMicroseconds, ended.SetupUserMicroseconds), Microseconds(ended.SystemMicroseconds, ended.SetupSystemMicroseconds))
            : (TimeSpan.Zero, TimeSpan.Zero);
        var reaped = user + system;
        var watched = supervisor.Watch?.Cpu ?? TimeSpan.Zero;
        if (watched <= reaped)
        {
            return new() { Cpu = reaped, User = user, System = system, Wall = TimeSpan.Zero };
        }

        if (supervisor.Watch?.UserCpu is { } exact)
        {
            return new() { Cpu = watched, User = exact, System = watched - exact, Wall = TimeSpan.Zero };
        }

        // The clock does not tell user from system time: what only it saw is shared out as the rest was.
        var share = reaped > TimeSpan.Zero ? user / reaped : 1;
        return new() { Cpu = watched, User = watched * share, System = watched - (watched * share), Wall = TimeSpan.Zero };
    }

    /// <summary>What the payload used before execve, which no job is charged for.</summary>
    public static TimeUsage OfSetup(ReportRecord started)
    {
        var user = TimeSpan.FromMicroseconds((long)started.SetupUserMicroseconds);
        var system = TimeSpan.FromMicroseconds((long)started.SetupSystemMicroseconds);
        return new() { Cpu = user + system, User = user, System = system, Wall = TimeSpan.Zero };
    }

    private static TimeSpan Microseconds(ulong total, ulong setup) =>
        TimeSpan.FromMicroseconds(total > setup ? (long)(total - setup) : 0L);
}
