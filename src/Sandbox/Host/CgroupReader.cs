using Sandbox.Text;

namespace Sandbox.Host;

/// <summary>Finds control groups: the caller's, or those that the user has named.</summary>
internal static class CgroupReader
{
    /// <summary>The caller's own groups and, in version 2, those above.</summary>
    public static CgroupFacts Read(HostFiles files, IReadOnlyList<MountEntry> mounts)
    {
        var version2 = new List<CgroupFolderFacts>();
        var version1 = new List<CgroupFolderFacts>();
        foreach (var line in files.Lines("proc/self/cgroup"))
        {
            // hierarchy:controllers:path, the path may contain colons itself.
            var fields = line.Split(':', 3);
            if (fields.Length < 3 || MountOf(mounts, fields[1]) is not { } mount)
            {
                continue;
            }

            if (mount.Type == "cgroup2")
            {
                AddUpwards(version2, files, mount, Folder(mount, fields[2]));
            }
            else
            {
                version1.Add(Version1(files, mount, Folder(mount, fields[2]), fields[1].Split(',')));
            }
        }

        return new() { Version2 = version2, Version1 = version1 };
    }

    /// <summary>Groups by name.</summary>
    /// <param name="files">The host's files.</param>
    /// <param name="mounts">The host's mounts.</param>
    /// <param name="names">Absolute paths, parted by colons as in PATH.</param>
    public static CgroupFacts ReadNamed(HostFiles files, IReadOnlyList<MountEntry> mounts, string names)
    {
        var version2 = new List<CgroupFolderFacts>();
        var version1 = new List<CgroupFolderFacts>();
        var unknown = new List<string>();
        var own = Read(files, mounts).Version2Folder;
        foreach (var name in names.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            // A link leads from "cpu" to "cpu,cpuacct" where one hierarchy has both.
            var folder = files.RealPath(name) ?? name;
            var mount = mounts.Where(mount => Holds(mount, folder)).MaxBy(mount => mount.Target.Length);
            if (mount is null || !files.Exists($"{folder}/cgroup.procs"))
            {
                unknown.Add(name);
            }
            else if (version2.Concat(version1).Any(known => known.Folder == folder))
            {
                continue;
            }
            else if (mount.Type == "cgroup2")
            {
                version2.Add(Version2(files, folder) with { IsReachable = CanMove(files, mount, own, folder) });
            }
            else
            {
                version1.Add(Version1(files, mount, folder, [.. mount.SuperOptions.Where(IsController)]));
            }
        }

        return new() { Version2 = version2, Version1 = version1, IsNamed = true, Unknown = unknown };
    }

    private static MountEntry? MountOf(IReadOnlyList<MountEntry> mounts, string controllers)
    {
        if (controllers.Length == 0)
        {
            return mounts.FirstOrDefault(entry => entry.Type == "cgroup2");
        }

        if (controllers.StartsWith("name=", StringComparison.Ordinal))
        {
            return null;
        }

        var names = controllers.Split(',');
        return mounts.FirstOrDefault(entry => entry.Type == "cgroup" && names.All(entry.SuperOptions.Contains));
    }

    private static void AddUpwards(List<CgroupFolderFacts> groups, HostFiles files, MountEntry mount, string own)
    {
        for (var folder = own; folder.Length >= mount.Target.Length; folder = folder[..folder.LastIndexOf('/')])
        {
            groups.Add(Version2(files, folder));
        }
    }

    private static CgroupFolderFacts Version2(HostFiles files, string folder) => new()
    {
        Folder = folder,
        Controllers = files.Text($"{folder}/cgroup.controllers").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries),
        // Moving a process needs the common ancestor's cgroup.procs as well as the folder (cgroups(7), delegation).
        Writable = files.CanWrite(folder) && files.CanWrite($"{folder}/cgroup.procs"),
        HasProcesses = files.Text($"{folder}/cgroup.procs").Length > 0,
        IsRoot = !files.Exists($"{folder}/cgroup.type"),
        IsDelegated = files.HasAttribute(folder, "user.delegate", (byte)'1'),
    };

    private static CgroupFolderFacts Version1(HostFiles files, MountEntry mount, string folder, IReadOnlyList<string> controllers) => new()
    {
        Folder = folder,
        Controllers = controllers,
        Writable = !mount.Options.Contains("ro") && files.CanWrite(folder),
    };

    private static bool Holds(MountEntry mount, string folder) => mount.Type is "cgroup" or "cgroup2" && Paths.IsAtOrBelow(folder, mount.Target);

    // Whoever moves a process, or clones it, from one group to another must be allowed to in the one above both (cgroups(7),
    // "Delegation containment").
    private static bool CanMove(HostFiles files, MountEntry mount, string from, string to)
    {
        var common = to;
        while (!Paths.IsAtOrBelow(from, common) && common.Length > mount.Target.Length)
        {
            common = common[..common.LastIndexOf('/')];
        }

        return from.Length == 0 || files.CanWrite($"{common}/cgroup.procs");
    }

    private static bool IsController(string option) => option is "memory" or "pids" or "cpu" or "cpuacct" or "cpuset";

    private static string Folder(MountEntry mount, string path)
    {
        // Where only a part of the hierarchy is mounted, that part's path is still in the group's name.
        var below = mount.Root != "/" && Paths.IsAtOrBelow(path, mount.Root) ? path[mount.Root.Length..] : path;
        return $"{mount.Target}/{below.TrimStart('/')}".TrimEnd('/');
    }
}
