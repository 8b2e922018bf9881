namespace Sandbox.Server.Handover;

/// <summary>Whether a control group holds the caller, and not the server, to a limit: a job that the server runs would escape it.</summary>
/// <param name="mounts">The content of /proc/self/mountinfo.</param>
internal sealed class CallerCgroups(string mounts)
{
    // What bounds memory, processes, CPU time, and where each says that it does not.
    private static readonly (string File, string Unbounded)[] s_limits =
    [
        ("memory.max", "max"), ("memory.high", "max"), ("memory.swap.max", "max"), ("pids.max", "max"), ("cpu.max", "max "), ("io.max", ""),
        ("memory.limit_in_bytes", "92233720368547"), ("memory.memsw.limit_in_bytes", "92233720368547"), ("memory.kmem.limit_in_bytes", "92233720368547"), ("memory.kmem.tcp.limit_in_bytes", "92233720368547"),
        ("cpu.cfs_quota_us", "-1"), ("blkio.throttle.read_bps_device", ""), ("blkio.throttle.write_bps_device", ""), ("blkio.throttle.read_iops_device", ""), ("blkio.throttle.write_iops_device", ""),
    ];

    private readonly (string Root, string Point, string Type, string Options)[] _hierarchies = [.. mounts.Split('\n').Select(Parse).Where(static mount => mount.Type is "cgroup" or "cgroup2")];

    /// <summary>A limit above the caller that is not above the server, or a group that cannot be looked at; null if there is none.</summary>
    /// <param name="caller">The caller's /proc/PID/cgroup.</param>
    /// <param name="server">The server's own.</param>
    public string? Limit(string caller, string server)
    {
        if (caller == server)
        {
            return null;
        }

        var others = server.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(static line => line[..line.LastIndexOf(':')], StringComparer.Ordinal);
        foreach (var line in caller.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.Split(':', 3);
            if (fields.Length != 3 || !others.TryGetValue(line[..line.LastIndexOf(':')], out var other))
            {
                return "control groups";
            }

            if (line != other && Limit(fields[1], fields[2], other.Split(':', 3)[2]) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private string? Limit(string controllers, string caller, string server)
    {
        // A hierarchy without controllers, such as systemd's, counts nothing.
        if (controllers.StartsWith("name=", StringComparison.Ordinal))
        {
            return null;
        }

        var mount = Array.Find(_hierarchies, mount => controllers.Length == 0 ? mount.Type == "cgroup2" : mount.Type == "cgroup" && Has(mount.Options, controllers));
        if (mount.Point is null)
        {
            return "control groups";
        }

        for (var path = caller; !IsAbove(path, server); path = path[..path.LastIndexOf('/')])
        {
            if (!IsAbove(mount.Root, path) || !Directory.Exists(Below(mount, path)))
            {
                return "control groups";
            }

            foreach (var (file, unbounded) in s_limits)
            {
                if (Read($"{Below(mount, path)}/{file}") is { } value && (unbounded.Length == 0 ? value.Length > 0 : !value.StartsWith(unbounded, StringComparison.Ordinal)))
                {
                    return $"control group {path}: {file}";
                }
            }
        }

        return null;
    }

    private static bool Has(string options, string controllers) => controllers.Split(',').All(name => options.Split(',').Contains(name));

    private static bool IsAbove(string path, string other) => path is "/" or "" || path == other || other.StartsWith(path + "/", StringComparison.Ordinal);

    private static string Below((string Root, string Point, string Type, string Options) mount, string path) => mount.Point + (mount.Root == "/" ? path : path[mount.Root.Length..]);

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim('\n');
        }
        catch (FileNotFoundException)
        {
            return null; // this group has no such controller
        }
    }

    // id parent device ROOT POINT options … - TYPE source OPTIONS (proc_pid_mountinfo(5)).
    private static (string Root, string Point, string Type, string Options) Parse(string line)
    {
        var fields = line.Split(' ');
        var dash = Array.IndexOf(fields, "-");
        return dash < 5 || fields.Length < dash + 4 ? ("", "", "", "") : (fields[3], fields[4], fields[dash + 1], fields[dash + 3]);
    }
}
