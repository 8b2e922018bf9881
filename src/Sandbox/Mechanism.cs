namespace Sandbox;

/// <summary>What holds a limit; the names in result.json are these in lower case.</summary>
public enum Mechanism
{
    /// <summary>The kernel, for the whole job, by a control group of version 2.</summary>
    Cgroup2,

    /// <summary>The kernel, for the whole job, by a control group of version 1.</summary>
    Cgroup1,

    /// <summary>The kernel, for each process, by a resource limit (setrlimit(2)).</summary>
    Rlimit,

    /// <summary>The kernel, for all writable directories, by the size of a tmpfs.</summary>
    Tmpfs,

    /// <summary>A timer of the launcher, which kills.</summary>
    Timer,

    /// <summary>The sandbox, by the kernel's task clock (perf_event_open(2)).</summary>
    Perf,

    /// <summary>The sandbox, by looking every few milliseconds.</summary>
    Watchdog,

    /// <summary>The sandbox, as the bytes pass.</summary>
    Pipe,

    /// <summary>The affinity of the processes, which they may change (sched_setaffinity(2)).</summary>
    Affinity,

    /// <summary>Nothing, or the limit is lifted.</summary>
    None,
}

/// <summary>The words of results and of the dry run.</summary>
internal static class Mechanisms
{
    public static string Word(this Mechanism mechanism) => mechanism switch
    {
        Mechanism.Cgroup2 => "cgroup2",
        Mechanism.Cgroup1 => "cgroup1",
        Mechanism.Rlimit => "rlimit",
        Mechanism.Tmpfs => "tmpfs",
        Mechanism.Timer => "timer",
        Mechanism.Perf => "perf",
        Mechanism.Watchdog => "watchdog",
        Mechanism.Pipe => "pipe",
        Mechanism.Affinity => "affinity",
        Mechanism.None => "none",
        _ => throw new ArgumentOutOfRangeException(nameof(mechanism)),
    };

    /// <summary>The kernel counts it for the whole job.</summary>
    public static bool IsCgroup(this Mechanism mechanism) => mechanism is Mechanism.Cgroup2 or Mechanism.Cgroup1;
}
