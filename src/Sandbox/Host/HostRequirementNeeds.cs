namespace Sandbox.Host;

/// <summary>The requirements a job has of its host: the name, weight, age and footing of every probe.</summary>
internal static class HostRequirementNeeds
{
    /// <summary>In the order a job climbs.</summary>
    public static IReadOnlyList<RequirementNeed> All { get; } =
    [
        new() { Probe = HostProbe.MemfdExec, Name = "executable memory file" },
        new() { Probe = HostProbe.UserNamespace, Name = "user namespace" },
        new() { Probe = HostProbe.UidMap, Name = "uid map", Needs = HostProbe.UserNamespace },
        new() { Probe = HostProbe.GidMap, Name = "gid map", Needs = HostProbe.UidMap },
        new() { Probe = HostProbe.PidNamespace, Name = "pid namespace", Needs = HostProbe.GidMap },
        new() { Probe = HostProbe.MountNamespace, Name = "mount namespace", Needs = HostProbe.GidMap },
        new() { Probe = HostProbe.NetworkNamespace, Name = "network namespace", Needs = HostProbe.GidMap },
        new() { Probe = HostProbe.IpcNamespace, Name = "ipc namespace", Needs = HostProbe.GidMap },
        new() { Probe = HostProbe.UtsNamespace, Name = "uts namespace, hostname", Needs = HostProbe.GidMap },
        new() { Probe = HostProbe.CgroupNamespace, Name = "cgroup namespace", Needs = HostProbe.GidMap },
        new() { Probe = HostProbe.Clone3, Name = "all namespaces at once (clone3)", Needs = HostProbe.UserNamespace, Since = new(5, 3) },
        new() { Probe = HostProbe.Tmpfs, Name = "tmpfs", Needs = HostProbe.MountNamespace },
        new() { Probe = HostProbe.ReadOnlyBind, Name = "recursive read-only bind", Needs = HostProbe.Tmpfs, Since = new(5, 12) },
        new() { Probe = HostProbe.Proc, Name = "fresh /proc", Needs = HostProbe.Tmpfs },
        new() { Probe = HostProbe.PivotRoot, Name = "pivot_root", Needs = HostProbe.Tmpfs },
        new() { Probe = HostProbe.InnerUserNamespace, Name = "inner user namespace", Needs = HostProbe.GidMap },
        new() { Probe = HostProbe.Securebits, Name = "locked securebits", Needs = HostProbe.GidMap },
        new() { Probe = HostProbe.NoNewPrivs, Name = "no_new_privs" },
        new() { Probe = HostProbe.SeccompFilter, Name = "seccomp filter" },
        new() { Probe = HostProbe.SeccompNotify, Name = "seccomp user notification", Needs = HostProbe.SeccompFilter, Since = new(5, 0) },
        new() { Probe = HostProbe.CloseRange, Name = "close_range", Since = new(5, 11) },
        new() { Probe = HostProbe.OpenAt2, Name = "openat2", Since = new(5, 6) },
        new() { Probe = HostProbe.Pidfd, Name = "pidfd", Since = new(5, 3) },
        new()
        {
            Probe = HostProbe.Loopback, Name = "loopback", Needs = HostProbe.NetworkNamespace,
            Loses = "jobs with \"network\": \"loopback\"",
        },
        new()
        {
            Probe = HostProbe.Redirect, Name = "redirected connections (nf_tables)", Needs = HostProbe.NetworkNamespace,
            Loses = "connections of programs that know no proxy in jobs with \"network\": { \"egress\": … }, and \"egress\" in networks that jobs share",
        },
        new()
        {
            Probe = HostProbe.Overlay, Name = "overlay mount", Needs = HostProbe.Tmpfs, Since = new(5, 11),
            Loses = "mounts of type overlay",
        },
        new()
        {
            Probe = HostProbe.OverlayDirectories, Name = "new directories in an overlay in memory", Needs = HostProbe.Overlay, Since = new(6, 6),
            Loses = "\"disk\" held by the kernel in writable overlays: their changes are kept on a disk, where they are counted",
        },
        new()
        {
            Probe = HostProbe.UserSysctl, Name = "namespace limits (/proc/sys/user)", Needs = HostProbe.GidMap,
            Loses = "the second of two means against nested namespaces; seccomp remains",
        },
        new()
        {
            Probe = HostProbe.Landlock, Name = "Landlock", Since = new(5, 13),
            Loses = "a second fence around files, and from ABI 6 around abstract sockets and signals",
        },
        new()
        {
            Probe = HostProbe.Keyring, Name = "session keyring",
            Loses = "the inert session keyring; seccomp still refuses the key calls",
        },
        new()
        {
            Probe = HostProbe.PerfTaskClock, Name = "perf task clock",
            Loses = "exact CPU time of short-lived children that nobody waits for",
        },
    ];

    /// <summary>The row of a probe.</summary>
    public static RequirementNeed Of(HostProbe probe) => All.First(need => need.Probe == probe);

    /// <summary>Whether the capabilities of a new user namespace are what the probe lives on.</summary>
    public static bool NeedsUserNamespace(HostProbe probe)
    {
        for (HostProbe? footing = probe; footing is not null; footing = Of(footing.Value).Needs)
        {
            if (footing == HostProbe.UserNamespace)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>One probe's place in the order of requirements.</summary>
internal sealed record RequirementNeed
{
    /// <summary>What is tried.</summary>
    public required HostProbe Probe { get; init; }

    /// <summary>Its name for users.</summary>
    public required string Name { get; init; }

    /// <summary>The probe that must work before this one can; null if it stands on the ground.</summary>
    public HostProbe? Needs { get; init; }

    /// <summary>First kernel that has it; null if older than any supported.</summary>
    public Version? Since { get; init; }

    /// <summary>What is lost without it; empty if no job starts without it.</summary>
    public string Loses { get; init; } = "";

    /// <summary>No job starts without it.</summary>
    public bool Required => Loses.Length == 0;
}
