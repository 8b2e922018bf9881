using System.Globalization;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

// A group with processes of its own hands on no controller (cgroup-v2.rst, "No Internal Process Constraint"). Where the only
// group that is the caller's is the one it lives in, everything in it moves one level down, into a group without any limit.
// It stays there: to come back, the controllers would have to be switched off, and the kernel would take them off the jobs of
// every other host without a word.

/// <summary>Makes room in an inhabited group.</summary>
internal static class CgroupRoom
{
    private const int MostRounds = 20;

    /// <summary>Moves everything in a group one level down, where this process is, too, afterwards.</summary>
    /// <exception cref="SandboxException">Something there cannot be moved.</exception>
    public static void Make(CgroupFolder parent)
    {
        var error = Enter(parent);
        if (error < 0)
            throw parent.Failure("processes live in the control group and cannot be moved", "cgroup.procs", error, hint: "start them in a group below it");
    }

    // Again until nobody is left: those who are moved may fork meanwhile, and a room that looked empty may have been removed.
    private static int Enter(CgroupFolder parent)
    {
        var error = -Errno.EBUSY;
        for (var round = 0; round < MostRounds; round++)
        {
            var pids = (parent.Read("cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (pids.Length == 0)
                return 0;

            error = parent.Make(CgroupNames.Room) is var made && made is not (0 or -Errno.EEXIST) ? made : Move(parent, pids);
            if (error is not (0 or -Errno.ESRCH or -Errno.ENODEV or -Errno.ENOENT))
                return error;
        }

        return error == 0 ? -Errno.EBUSY : error;
    }

    private static int Move(CgroupFolder parent, string[] pids)
    {
        var error = parent.OpenBelow(CgroupNames.Room, out var room);
        using (room)
            return error < 0 ? error : pids.Min(pid => Write(room, pid));
    }

    // 0 stands for a process outside of this pid namespace, and would move ourselves.
    private static int Write(CgroupFolder to, string pid) =>
        int.TryParse(pid, CultureInfo.InvariantCulture, out var number) && number > 0 ? to.Write("cgroup.procs", pid) : -Errno.EACCES;
}
