using System.Globalization;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

// A group with processes of its own hands on no controller (cgroup-v2.rst, "No Internal Process Constraint"). Where the only
// group that is the caller's is the one it lives in, everything in it moves one level down, into a group without any limit,
// and back when the host ends, if nobody else needs the controllers by then.

/// <summary>A group below an inhabited one, for those who lived there.</summary>
internal sealed class CgroupRoom : IDisposable
{
    private const int MostRounds = 20;

    private readonly CgroupFolder _parent;
    private readonly CgroupFolder _folder;
    private readonly string _name;
    private readonly string[] _before;

    private CgroupRoom(CgroupFolder parent, CgroupFolder folder, string name) =>
        (_parent, _folder, _name, _before) = (parent, folder, name, HandedOn(parent));

    /// <summary>Moves everything in a group one level down.</summary>
    /// <exception cref="SandboxException">Something there cannot be moved.</exception>
    public static CgroupRoom Make(CgroupFolder parent)
    {
        var name = CgroupNames.New();
        var error = parent.Make(name);
        if (error < 0)
            throw parent.Failure("a control group cannot be made", null, error);

        error = parent.OpenBelow(name, out var folder);
        var room = new CgroupRoom(parent, folder, name);
        if (error == 0)
            error = Libc.TryLock(folder.Handle);
        if (error == 0)
            error = Move(parent, folder);
        if (error == 0)
            return room;

        room.Dispose();
        throw parent.Failure("processes live in the control group and cannot be moved", "cgroup.procs", error, hint: "start them in a group below it");
    }

    /// <summary>Moves everybody back, if the controllers can be switched off: another host may need them.</summary>
    public void Dispose()
    {
        foreach (var controller in HandedOn(_parent).Except(_before))
            _ = _parent.Write("cgroup.subtree_control", "-" + controller);
        _ = Move(_folder, _parent);
        _ = _parent.Remove(_name);
        _folder.Dispose();
    }

    private static string[] HandedOn(CgroupFolder group) =>
        (group.Read("cgroup.subtree_control") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    // Again until nobody is left: those who are moved may fork meanwhile.
    private static int Move(CgroupFolder from, CgroupFolder to)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            var pids = (from.Read("cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (pids.Length == 0)
                return 0;

            var error = pids.Min(pid => Write(to, pid));
            if (error is not (0 or -Errno.ESRCH))
                return error;
        }

        return -Errno.EBUSY;
    }

    // 0 stands for a process outside of this pid namespace, and would move ourselves.
    private static int Write(CgroupFolder to, string pid) =>
        int.TryParse(pid, CultureInfo.InvariantCulture, out var number) && number > 0 ? to.Write("cgroup.procs", pid) : -Errno.EACCES;
}
