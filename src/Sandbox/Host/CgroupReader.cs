using Sandbox.Text;

namespace Sandbox.Host;

/// <summary>Finds control groups: the caller's, or those that the user has named.</summary>
internal static class CgroupReader
{
    /// <summary>The caller's own groups and, in version 2, those above.</summary>
    public static CgroupFacts Read(HostFiles files, IReadOnlyList<MountEntry> mounts)
    {
        var version2 = new List<CgroupDirectoryFacts>();
        var version1 = new List<CgroupDirectoryFacts>();
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
                AddUpwards(version2, files, mount, Directory(mount, fields[2]));
            }
            else
            {
                version1.Add(Version1(files, mount, Directory(mount, fields[2]), fields[1].Split(',')));
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
        var version2 = new List<CgroupDirectoryFacts>();
        var version1 = new List<CgroupDirectoryFacts>();
        var unknown = new List<string>();
        var own = Read(files, mounts).Version2Directory;
        foreach (var name in names.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            // A link leads from "cpu" to "cpu,cpuacct" where one hierarchy has both.
            var directory = files.RealPath(name) ?? name;
            var mount = mounts.Where(mount => Holds(mount, directory)).MaxBy(mount => mount.Target.Length);
            if (mount is null || !files.Exists($"{directory}/cgroup.procs"))
            {
                unknown.Add(name);
            }
            else if (version2.Concat(version1).Any(known => known.Directory == directory))
            {
                continue;
            }
            else if (mount.Type == "cgroup2")
            {
                version2.Add(Version2(files, directory) with { IsReachable = CanMove(files, mount, own, directory) });
            }
            else
            {
                version1.Add(Version1(files, mount, directory, [.. mount.SuperOptions.Where(IsController)]));
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

    private static void AddUpwards(List<CgroupDirectoryFacts> groups, HostFiles files, MountEntry mount, string own)
    {
        for (var directory = own; directory.Length >= mount.Target.Length; directory = directory[..directory.LastIndexOf('/')])
        {
            groups.Add(Version2(files, directory));
        }
    }

    private static CgroupDirectoryFacts Version2(HostFiles files, string directory) => new()
    {
        Directory = directory,
        Controllers = files.Text($"{directory}/cgroup.controllers").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries),
        // Moving a process needs the common ancestor's cgroup.procs as well as the directory (cgroups(7), delegation).
        Writable = files.CanWrite(directory) && files.CanWrite($"{directory}/cgroup.procs"),
        HasProcesses = files.Text($"{directory}/cgroup.procs").Length > 0,
        IsRoot = !files.Exists($"{directory}/cgroup.type"),
        IsDelegated = files.HasAttribute(directory, "user.delegate", (byte)'1'),
    };

    private static CgroupDirectoryFacts Version1(HostFiles files, MountEntry mount, string directory, IReadOnlyList<string> controllers) => new()
    {
        Directory = directory,
        Controllers = controllers,
        Writable = !mount.Options.Contains("ro") && files.CanWrite(directory),
    };

    private static bool Holds(MountEntry mount, string directory) => mount.Type is "cgroup" or "cgroup2" && Paths.IsAtOrBelow(directory, mount.Target);

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

    private static string Directory(MountEntry mount, string path)
    {
        // Where only a part of the hierarchy is mounted, that part's path is still in the group's name.
        var below = mount.Root != "/" && Paths.IsAtOrBelow(path, mount.Root) ? path[mount.Root.Length..] : path;
        return $"{mount.Target}/{below.TrimStart('/')}".TrimEnd('/');
    }
}
