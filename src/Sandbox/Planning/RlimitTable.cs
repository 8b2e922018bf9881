using Sandbox.Interop;
using Sandbox.Jobs;
using static Sandbox.Interop.Rlimit;

namespace Sandbox.Planning;

/// <summary>One of the limits of getrlimit(2), and where a job's value for it comes from.</summary>
/// <param name="Resource">Which.</param>
/// <param name="Limit">The member of <c>limits</c> that sets it; null if the value is the same for every job.</param>
/// <param name="Value">What the job is to have; null for as much as the caller's hard limit allows.</param>
internal sealed record RlimitRow(Rlimit Resource, string? Limit, Func<ResourceLimits, long?> Value)
{
    /// <summary>The kernel's name for it.</summary>
    public string Name => $"RLIMIT_{Resource.ToString().ToUpperInvariant()}";

    /// <summary>The JSON pointer of <see cref="Limit"/>; empty without one.</summary>
    public string Origin => Limit is null ? "" : "/limits/" + Limit;
}

/// <summary>
/// All limits that a process has, so that nothing of the caller's shell reaches a job unseen: a soft limit is raised to the
/// hard one, or both are set. The plan, <c>enforcement</c> and the table in docs/limits.md follow from it.
/// </summary>
internal static class RlimitTable
{
    /// <summary>RLIM_NLIMITS.</summary>
    public const int Count = (int)Rttime + 1;

    // With 0 the kernel still pipes a core to the handler of the host, such as apport or systemd-coredump;
    // only 1 stops that as well, and is too little for any core file (core(5), "Piping core dumps to a program").
    private const long CoreBytes = 1;

    // Enough for glibc's locked pages of secrets, too little for io_uring rings and pinned memory.
    private const long MemlockBytes = 64 << 10;

    // The kernel's default (mq_overview(7)): queues are memory that belongs to no process.
    private const long MsgqueueBytes = 819_200;

    // A signal with a value, a timer and a descriptor's F_SETSIG each hold kernel memory (setrlimit(2)).
    private const long PendingSignals = 1024;

    /// <summary>In the order in which the launcher sets them.</summary>
    public static IReadOnlyList<RlimitRow> Rows { get; } =
    [
        // Counts each process by itself: cpuTime, which is of them all, is held elsewhere.
        Row(Cpu),
        Row(Nproc),
        Row(Nofile),
        Row(Fsize),
        Row(Stack),
        Row(Rlimit.Data),
        Row(As),
        Row(Core, CoreBytes),
        Row(Memlock, MemlockBytes),
        Row(Msgqueue, MsgqueueBytes),
        Row(Sigpending, PendingSignals),
        Row(Nice, 0),
        Row(Rtprio, 0),

        // Of no effect without RLIMIT_RTPRIO; these two have none on any kernel since 2.4 (getrlimit(2)).
        Row(Rttime),
        Row(Rss),
        Row(Locks),
    ];

    /// <summary>The row of a resource.</summary>
    public static RlimitRow Of(Rlimit resource)
    {
        foreach (var row in Rows)
        {
            if (row.Resource == resource)
            {
                return row;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(resource));
    }

    // What a limit of the job sets, else the same for every job; as much as the hard limit where nothing is fixed.
    private static RlimitRow Row(Rlimit resource, long? otherwise = null)
    {
        foreach (var limit in LimitTable.All)
        {
            if (limit.Rlimit == resource)
            {
                return new(resource, limit.Name, limits => (long?)limit.Value(limits));
            }
        }

        return new(resource, null, _ => otherwise);
    }
}

/// <summary>
/// The rlimits of whoever starts jobs. A job never gets more than the hard ones: raising those needs CAP_SYS_RESOURCE
/// in the first user namespace (setrlimit(2)). Nothing given is no limit.
/// </summary>
internal sealed class HostRlimits
{
    private readonly ulong[] _hard = [.. Enumerable.Repeat(Steps.RlimitStep.Unlimited, RlimitTable.Count)];

    /// <summary>The hard limit.</summary>
    public ulong this[Rlimit resource]
    {
        get => _hard[(int)resource];
        init => _hard[(int)resource] = value;
    }

    /// <summary>RLIMIT_STACK as the caller's own programs have it: what a job gets that asks for no other.</summary>
    public ulong SoftStack { get; init; } = Steps.RlimitStep.Unlimited;

    /// <summary>Those of this process, which its launcher inherits.</summary>
    public static HostRlimits Read()
    {
        var limits = new HostRlimits { SoftStack = Libc.Rlimit((int)Rlimit.Stack).Soft };
        for (var resource = 0; resource < RlimitTable.Count; resource++)
        {
            limits._hard[resource] = Libc.Rlimit(resource).Hard;
        }

        // To the kernel no time at all is a second (setrlimit(2), RLIMIT_CPU; do_prlimit, kernel/sys.c).
        limits._hard[(int)Rlimit.Cpu] = Math.Max(limits._hard[(int)Rlimit.Cpu], 1);
        return limits;
    }

    /// <summary>The hard limit as limits of jobs have it; null for none.</summary>
    public long? Most(Rlimit resource) => this[resource] > long.MaxValue ? null : (long)this[resource];

    /// <summary>The limits that can be in force here: none is above the hard limit, and a file has one if the caller's have.</summary>
    public ResourceLimits Clamp(ResourceLimits asked)
    {
        var clamped = asked with
        {
            CpuTime = asked.CpuTime is { } time && Most(Rlimit.Cpu) is { } seconds && time.TotalSeconds > seconds ? TimeSpan.FromSeconds(seconds) : asked.CpuTime,
            FileSizeBytes = asked.FileSizeBytes ?? Most(Rlimit.Fsize),
        };
        foreach (var limit in LimitTable.All)
        {
            if (limit.Rlimit is { } resource && Most(resource) is { } most)
            {
                clamped = limit.AtMost(clamped, most);
            }
        }

        return clamped;
    }
}
