namespace Sandbox.Host;

/// <summary>What files of the host say: the causes behind what the probes show.</summary>
internal sealed record HostFacts
{
    /// <summary>Release of the kernel, such as <c>6.8.0-45-generic</c>.</summary>
    public required string KernelRelease { get; init; }

    /// <summary>Major and minor version of the kernel.</summary>
    public Version KernelVersion => ParseVersion(KernelRelease);

    /// <summary>Effective user id of the caller.</summary>
    public required long Uid { get; init; }

    /// <summary>The caller's name in /etc/passwd; empty if it has none.</summary>
    public string UserName { get; init; } = "";

    /// <summary>The host's root as far as can be seen; root of a container's user namespace is an ordinary user outside.</summary>
    public bool RealRoot { get; init; }

    /// <summary>The ids that root gives to jobs exist in this user namespace.</summary>
    public bool HasRootRange { get; init; }

    /// <summary>Effective capabilities; 0 for an ordinary user.</summary>
    public ulong Capabilities { get; init; }

    /// <summary>Restrictions of unprivileged user namespaces do not apply (CAP_SYS_ADMIN, capabilities(7)).</summary>
    public bool Privileged => RealRoot && (Capabilities & (1UL << 21)) != 0;

    /// <summary>The caller already runs under a seccomp filter (Seccomp: 2 in proc(5) status).</summary>
    public bool Filtered { get; init; }

    /// <summary>Container runtime the caller runs in.</summary>
    public ContainerKind Container { get; init; }

    /// <summary>Windows Subsystem for Linux, by version; 0 elsewhere.</summary>
    public int WslVersion { get; init; }

    /// <summary>kernel.apparmor_restrict_unprivileged_userns is on (Ubuntu 23.10 and later).</summary>
    public bool AppArmorRestrictsUserNamespaces { get; init; }

    /// <summary>AppArmor profile of the caller; empty without AppArmor.</summary>
    public string AppArmorProfile { get; init; } = "";

    /// <summary>kernel.unprivileged_userns_clone (Debian before 11, hardened kernels); null where unknown to the kernel.</summary>
    public long? UnprivilegedUsernsClone { get; init; }

    /// <summary>user.max_user_namespaces; null where unreadable.</summary>
    public long? MaxUserNamespaces { get; init; }

    /// <summary>kernel.perf_event_paranoid; null without perf.</summary>
    public long? PerfEventParanoid { get; init; }

    /// <summary>vm.memfd_noexec; null before Linux 6.3.</summary>
    public long? MemfdNoexec { get; init; }

    /// <summary>Mount points below /proc that hide a part of it.</summary>
    public IReadOnlyList<string> CoveredProcPaths { get; init; } = [];

    /// <summary>/proc/sys is mounted read-only, as Docker does.</summary>
    public bool ProcSysReadOnly { get; init; }

    /// <summary>No mount is visible at /: the caller lives in a chroot.</summary>
    public bool Chroot { get; init; }

    /// <summary>The root file system is the initial RAM disk, which pivot_root(2) refuses to leave.</summary>
    public bool RootIsInitramfs { get; init; }

    /// <summary>Control groups as the caller sees them.</summary>
    public CgroupFacts Cgroup { get; init; } = new();

    /// <summary>/etc/subuid gives the caller ids.</summary>
    public bool HasSubuid { get; init; }

    /// <summary>Where writable overlays keep their changes on a disk; empty where tmpfs can, or nothing is fit.</summary>
    public string UpperDirectory { get; init; } = "";

    /// <summary>/etc/subgid gives the caller ids.</summary>
    public bool HasSubgid { get; init; }

    /// <summary>newuidmap and newgidmap are installed.</summary>
    public bool HasNewuidmap { get; init; }

    /// <summary>systemd runs the machine.</summary>
    public bool HasSystemd { get; init; }

    /// <summary>libseccomp.so.2 is where the loader looks.</summary>
    public bool HasLibSeccomp { get; init; }

    /// <summary>Groups of the caller that open doors to the host, by name.</summary>
    public IReadOnlyList<string> DangerousGroups { get; init; } = [];

    private static Version ParseVersion(string release)
    {
        var end = 0;
        while (end < release.Length && (char.IsAsciiDigit(release[end]) || release[end] == '.'))
        {
            end++;
        }

        return Version.TryParse(release.AsSpan(0, end).TrimEnd('.'), out var version)
            ? new Version(version.Major, version.Minor)
            : new Version(0, 0);
    }
}
