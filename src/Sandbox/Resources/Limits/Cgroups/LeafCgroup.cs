using System.Globalization;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

// A group with processes of its own hands on no controller (cgroup-v2.rst, "No Internal Process Constraint"). Where the only
// group that is the caller's is the one it lives in, everything in it moves one level down, into a group without any limit.
// It stays there: to come back, the controllers would have to be switched off, and the kernel would take them off the jobs of
// every other host without a word.

/// <summary>Moves the processes of a group into a leaf of it.</summary>
internal static class LeafCgroup
{
    private const int MaxRounds = 20;

    /// <summary>Moves everything in a group one level down, where this process is, too, afterwards.</summary>
    /// <exception cref="SandboxException">Something there cannot be moved.</exception>
    public static void Make(CgroupDirectory parent)
    {
        var error = Enter(parent);
        if (error < 0)
        {
            throw parent.Failure("processes live in the control group and cannot be moved", "cgroup.procs", error, operation: Operation.EmptyCgroup);
        }
    }

    // Again until nobody is left: those who are moved may fork meanwhile, and a leaf that looked empty may have been removed.
    private static int Enter(CgroupDirectory parent)
    {
        var error = -Errno.EBUSY;
        for (var round = 0; round < MaxRounds; round++)
        {
            var pids = (parent.Read("cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (pids.Length == 0)
            {
                return 0;
            }

            error = parent.Make(CgroupNames.Leaf) is var made && made is not (0 or -Errno.EEXIST) ? made : Move(parent, pids);
            if (error is not (0 or -Errno.ESRCH or -Errno.ENODEV or -Errno.ENOENT))
            {
                return error;
            }
        }

        return error == 0 ? -Errno.EBUSY : error;
    }

    private static int Move(CgroupDirectory parent, string[] pids)
    {
        var error = parent.OpenBelow(CgroupNames.Leaf, out var room);
        using (room)
        {
            return error < 0 ? error : pids.Min(pid => Write(room, pid));
        }
    }

    // 0 stands for a process outside of this pid namespace, and would move ourselves.
    private static int Write(CgroupDirectory to, string pid) =>
        int.TryParse(pid, CultureInfo.InvariantCulture, out var number) && number > 0 ? to.Write("cgroup.procs", pid) : -Errno.EACCES;
}

/// <summary>Takes groups away: one's own when a job is over, and those that a dead host has left.</summary>
internal static class CgroupRemoval
{
    // A process that is reaped may be on its last way through the scheduler and count for a moment longer (since Linux 6.18):
    // the first pauses are shorter than that, all of them together about a second.
    private const int MaxTries = 200;
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan s_maxPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Removes a group of ours; whatever is in it still is killed.</summary>
    public static void Remove(CgroupDirectory parent, string name, CgroupDirectory group)
    {
        if (parent.Remove(name) != -Errno.EBUSY)
        {
            return;
        }

        // Changes when the last process leaves; version 1 has no such file, and only time is left to wait for.
        using var events = ControlFile.Open(group, "cgroup.events");
        var pause = s_shortestPause;
        for (var tried = 1; tried <= MaxTries; tried++)
        {
            // poll(2) tells of what has changed since the last read, and of everything before the first (kernfs_generic_poll).
            events?.Text();
            if (parent.Remove(name) != -Errno.EBUSY)
            {
                return;
            }

            if (tried == 1)
            {
                group.Write("cgroup.kill", "1");
            }

            Span<PollEntry> entries = [new() { Descriptor = events?.Handle?.DangerousGetHandle().ToInt32() ?? -1, Wanted = PollEntry.Exceptional }];
            _ = Libc.Poll(entries, pause);
            pause = pause * 2 < s_maxPause ? pause * 2 : s_maxPause;
        }
    }

    /// <summary>
    /// Removes every job's group that no host holds: the lock ended with its host (flock(2)). Nobody is killed for it: a
    /// dead host's jobs die with its launcher, and what is in such a group after that, for whatever reason, keeps it.
    /// </summary>
    public static void RemoveAbandoned(CgroupDirectory parent)
    {
        foreach (var name in parent.Below(CgroupNames.JobPrefix))
        {
            if (!CgroupNames.IsJob(name))
            {
                continue;
            }

            var error = parent.OpenBelow(name, out var group);
            using (group)
            {
                if (error == 0 && Libc.TryLock(group.Handle) == 0)
                {
                    parent.Remove(name);
                }
            }
        }
    }
}

/// <summary>A directory that is the host's to make groups in, with what holds above it.</summary>
internal sealed class CgroupBase : IDisposable
{
    /// <summary>Opens one.</summary>
    /// <param name="directory">The open directory; owned from here on.</param>
    /// <param name="isVersion2">One hierarchy for all controllers, or one of version 1.</param>
    /// <param name="controllers">Those that groups made here have.</param>
    public CgroupBase(CgroupDirectory directory, bool isVersion2, IReadOnlyList<string> controllers)
    {
        (Directory, IsVersion2, Controllers) = (directory, isVersion2, controllers);
        TasksAbove = (long?)Smallest("pids.max", static group => group.Number("pids.max"));
        CpusAbove = isVersion2
            ? Smallest("cpu.max", static group => BandwidthGroup.Ratio(group.Read("cpu.max")))
            : Smallest("cpu.cfs_quota_us", BandwidthGroup.Share);
        MemoryBytesAbove = isVersion2 ? (long?)Smallest("memory.max", static group => group.Number("memory.max")) : null;
    }

    /// <summary>The directory.</summary>
    public CgroupDirectory Directory { get; }

    /// <summary>It is of the unified hierarchy.</summary>
    public bool IsVersion2 { get; }

    /// <summary>Controllers that groups made here have.</summary>
    public IReadOnlyList<string> Controllers { get; }

    /// <summary>The smallest <c>memory.max</c> from here upwards as far as it is mounted; null for none. Version 1 tells the group itself.</summary>
    public long? MemoryBytesAbove { get; }

    /// <summary>The smallest <c>pids.max</c> from here upwards; null for none.</summary>
    public long? TasksAbove { get; }

    /// <summary>The smallest <c>cpu.max</c> (version 1: quota) from here upwards, in CPUs; null for none.</summary>
    public double? CpusAbove { get; }

    /// <inheritdoc/>
    public void Dispose() => Directory.Dispose();

    // The root of the hierarchy has none of these files (cgroup-v2.rst), and outside of it there are none at all.
    private double? Smallest(string file, Func<CgroupDirectory, double?> read)
    {
        double? smallest = null;
        for (var path = Directory.Path; path.Length > 1 && File.Exists($"{path}/{file}"); path = Path.GetDirectoryName(path) ?? "")
        {
            var error = CgroupDirectory.Open(path, out var group);
            using (group)
            {
                if (error == 0 && read(group) is { } value && value < long.MaxValue && (smallest is null || value < smallest))
                {
                    smallest = value;
                }
            }
        }

        return smallest;
    }
}
