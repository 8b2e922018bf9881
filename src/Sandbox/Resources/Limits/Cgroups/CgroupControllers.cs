namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>Switches controllers on for the groups below a folder (cgroup-v2.rst, "Enabling and Disabling").</summary>
internal static class CgroupControllers
{
    private static readonly string[] s_wanted = ["memory", "pids", "cpu", "cpuset", "io"];

    /// <summary>Each one by itself, because one that is refused would refuse them all.</summary>
    /// <returns>Those that are on.</returns>
    public static IReadOnlyList<string> Enable(CgroupFolder folder, IReadOnlyList<string> available, List<string> refused)
    {
        var on = (folder.Read("cgroup.subtree_control") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        foreach (var controller in s_wanted.Intersect(available))
        {
            if (on.Contains(controller))
                continue;

            var error = folder.Write("cgroup.subtree_control", "+" + controller);
            if (error == 0)
                on.Add(controller);
            else
                refused.Add($"the controller {controller} cannot be handed on at {folder.Path}: {Interop.Errno.Name(-error)}");
        }

        return [.. s_wanted.Intersect(on)];
    }
}
