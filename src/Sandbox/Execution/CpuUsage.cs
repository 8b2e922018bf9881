using Sandbox.Interop;

namespace Sandbox.Execution;

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
        var (user, system) = supervisor.Ended is { } ended
            ? (Microseconds(ended.UserMicroseconds, ended.SetupUserMicroseconds), Microseconds(ended.SystemMicroseconds, ended.SetupSystemMicroseconds))
            : (TimeSpan.Zero, TimeSpan.Zero);
        var reaped = user + system;
        var watched = supervisor.Watch?.Cpu ?? TimeSpan.Zero;
        if (watched <= reaped)
            return new() { Cpu = reaped, User = user, System = system, Wall = TimeSpan.Zero };

        if (supervisor.Watch?.UserCpu is { } exact)
            return new() { Cpu = watched, User = exact, System = watched - exact, Wall = TimeSpan.Zero };

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
