using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>Takes groups away: one's own when a job is over, and those that a dead host has left.</summary>
internal static class CgroupRemoval
{
    // A process that is reaped may be on its last way through the scheduler and count for a moment longer (since Linux 6.18):
    // the first pauses are shorter than that, all of them together about a second.
    private const int MostTries = 200;
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Removes a group of ours; whatever is in it still is killed.</summary>
    public static void Remove(CgroupFolder parent, string name, CgroupFolder group)
    {
        if (parent.Remove(name) != -Errno.EBUSY)
            return;

        // Changes when the last process leaves; version 1 has no such file, and only time is left to wait for.
        using var events = ControlFile.Open(group, "cgroup.events");
        var pause = s_shortestPause;
        for (var tried = 1; tried <= MostTries; tried++)
        {
            // poll(2) tells of what has changed since the last read, and of everything before the first (kernfs_generic_poll).
            events?.Text();
            if (parent.Remove(name) != -Errno.EBUSY)
                return;
            if (tried == 1)
                group.Write("cgroup.kill", "1");

            Span<PollEntry> entries = [new() { Descriptor = events?.Handle?.DangerousGetHandle().ToInt32() ?? -1, Wanted = PollEntry.Exceptional }];
            _ = Libc.Poll(entries, pause);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }

    /// <summary>
    /// Removes every job's group that no host holds: the lock ended with its host (flock(2)). Nobody is killed for it: a
    /// dead host's jobs die with its launcher, and what is in such a group after that, for whatever reason, keeps it.
    /// </summary>
    public static void RemoveAbandoned(CgroupFolder parent)
    {
        foreach (var name in parent.Below(CgroupNames.JobPrefix))
        {
            if (!CgroupNames.IsJob(name))
                continue;

            var error = parent.OpenBelow(name, out var group);
            using (group)
            {
                if (error == 0 && Libc.TryLock(group.Handle) == 0)
                    parent.Remove(name);
            }
        }
    }
}
