using Sandbox.Interop;
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
/// hard one, or both are set. The plan, <c>enforcement</c> and the table in README.md follow from it.
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
        new(Cpu, null, _ => null),
        new(Nproc, "processes", limits => limits.Processes),
        new(Nofile, "openFiles", limits => limits.OpenFiles),
        new(Fsize, "fileSize", limits => limits.FileSizeBytes),
        new(Stack, "stack", limits => limits.StackBytes == ResourceLimits.Unlimited ? null : limits.StackBytes),
        new(Rlimit.Data, "dataSegment", limits => limits.DataSegmentBytes),
        new(As, "addressSpace", limits => limits.AddressSpaceBytes),
        new(Core, null, _ => CoreBytes),
        new(Memlock, null, _ => MemlockBytes),
        new(Msgqueue, null, _ => MsgqueueBytes),
        new(Sigpending, null, _ => PendingSignals),
        new(Nice, null, _ => 0),
        new(Rtprio, null, _ => 0),

        // Of no effect without RLIMIT_RTPRIO; these two have none on any kernel since 2.4 (getrlimit(2)).
        new(Rttime, null, _ => null),
        new(Rss, null, _ => null),
        new(Locks, null, _ => null),
    ];

    /// <summary>The row of a resource.</summary>
    public static RlimitRow Of(Rlimit resource)
    {
        foreach (var row in Rows)
        {
            if (row.Resource == resource)
                return row;
        }

        throw new ArgumentOutOfRangeException(nameof(resource));
    }
}
