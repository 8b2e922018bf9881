namespace Sandbox.Host;

/// <summary>Finds the caller's control groups and whether they are its own to divide.</summary>
internal static class CgroupReader
{
    /// <summary>Reads them.</summary>
    public static CgroupFacts Read(HostFiles files, IReadOnlyList<MountEntry> mounts)
    {
        var facts = new CgroupFacts();
        foreach (var line in files.Lines("proc/self/cgroup"))
        {
            // hierarchy:controllers:path, the path may contain colons itself.
            var fields = line.Split(':', 3);
            if (fields.Length < 3)
            {
                continue;
            }

            facts = fields[0] == "0" && fields[1].Length == 0
                ? AddVersion2(facts, files, mounts, fields[2])
                : AddVersion1(facts, files, mounts, fields[1], fields[2]);
        }

        return facts;
    }

    private static CgroupFacts AddVersion2(
        CgroupFacts facts, HostFiles files, IReadOnlyList<MountEntry> mounts, string path)
    {
        var mount = mounts.FirstOrDefault(entry => entry.Type == "cgroup2");
        if (mount is null)
        {
            return facts;
        }

        var folder = Folder(mount, path);
        return facts with
        {
            Version2Folder = folder,
            // Moving a process needs the common ancestor's cgroup.procs as well as the folder (cgroups(7), delegation).
            Version2Writable = files.CanWrite(folder) && files.CanWrite($"{folder}/cgroup.procs"),
            Version2Controllers = files.Text($"{folder}/cgroup.controllers")
                .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries),
        };
    }

    private static CgroupFacts AddVersion1(
        CgroupFacts facts, HostFiles files, IReadOnlyList<MountEntry> mounts, string controllers, string path)
    {
        var names = controllers.Split(',');
        var mount = mounts.FirstOrDefault(
            entry => entry.Type == "cgroup" && names.All(entry.SuperOptions.Contains));
        if (mount is null || controllers.StartsWith("name=", StringComparison.Ordinal))
        {
            return facts;
        }

        var writable = files.CanWrite(Folder(mount, path));
        return facts with
        {
            Version1Controllers = [.. facts.Version1Controllers, .. names],
            Version1Writable = writable ? [.. facts.Version1Writable, .. names] : facts.Version1Writable,
        };
    }

    private static string Folder(MountEntry mount, string path)
    {
        // Where only a part of the hierarchy is mounted, that part's path is still in the group's name.
        var below = mount.Root != "/" && path.StartsWith(mount.Root, StringComparison.Ordinal)
            ? path[mount.Root.Length..]
            : path;
        return $"{mount.Target}/{below.TrimStart('/')}".TrimEnd('/');
    }
}
