using System.Globalization;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Resources.Limits;

/// <summary>What this host offers to hold limits with.</summary>
internal sealed record EnforcementFacts
{
    /// <summary>A task clock (perf_event_open(2)) may be opened on the job.</summary>
    public required bool PerfAvailable { get; init; }

    /// <summary>About how many tasks the watchdog cannot have seen, known after the job.</summary>
    public int UnseenTasks { get; init; }

    /// <summary>The job went on without the task clock, known after it.</summary>
    public bool ClockLost { get; init; }

    /// <summary>The kernel tells what the sockets of the job's own network namespace hold (sock_diag(7)).</summary>
    public bool SocketsSeen { get; init; }

    /// <summary>What the job reaches of the world goes through this process.</summary>
    public bool HasEgress { get; init; }

    /// <summary>How the watchdog tells processes with one memory from others.</summary>
    public SharingMeans Sharing { get; init; }

    /// <summary>The host's hard rlimits.</summary>
    public required HostRlimits Ceilings { get; init; }

    /// <summary>What the job's control groups hold, as read back from them.</summary>
    public CgroupHolds Cgroup { get; init; } = CgroupHolds.Nothing;

    /// <summary>The job has many ids and may change from one to the other.</summary>
    public bool ChangesIds { get; init; }

    /// <summary>The directory on a disk where writable overlays keep their changes; null for memory.</summary>
    public string? UppersOnDisk { get; init; }

    /// <summary>The processors asked for, by the job or for it; null for no choice.</summary>
    public CpuSet? Cpus { get; init; }

    /// <summary>The kernel lets a user without rights have a task clock on tasks of its own.</summary>
    /// <remarks>Level 2 allows that, 3 (Debian's and Ubuntu's) nothing at all (kernel/perf_event.rst).</remarks>
    public static bool MayHavePerf() =>
        int.TryParse(new HostFiles().Text("/proc/sys/kernel/perf_event_paranoid"), CultureInfo.InvariantCulture, out var level) && level <= 2;
}
