using Sandbox.Text;

namespace Sandbox.Host;

/// <summary>Kernel versions, sysctls and packages that single features wait for.</summary>
internal static class FeatureRemedies
{
    /// <summary>memfd_create(2): files in memory may not be executed.</summary>
    public static Remedy MemfdNoexec { get; } = new()
    {
        Blocker = "files in memory may not be executed (vm.memfd_noexec = 2), and the launcher is one",
        Fix = "sudo sysctl -w vm.memfd_noexec=1",
    };

    /// <summary>perf_event_open(2): levels above 2 refuse unprivileged use.</summary>
    public static Remedy PerfParanoid { get; } = new()
    {
        Blocker = "kernel.perf_event_paranoid is above 2",
        Fix = "sudo sysctl -w kernel.perf_event_paranoid=2",
    };

    /// <summary>pivot_root(2): not from the initial RAM disk.</summary>
    public static Remedy Initramfs { get; } = new()
    {
        Blocker = "the root file system is the initial RAM disk, which pivot_root(2) cannot leave",
        Fix = "switch_root to a real file system first, as an ordinary boot does",
    };

    /// <summary>nft(8): tables, network address translation and redirects of it are parts of the kernel.</summary>
    public static Remedy NoRedirect { get; } = new()
    {
        Blocker = "the kernel has no nf_tables, or no NAT in it: the modules are not loaded, or were not built",
        Fix = "sudo modprobe -a nf_tables nft_ct nft_chain_nat nft_redir",
    };

    /// <summary>keyctl(2): the caller's quota of keys.</summary>
    public static Remedy KeyQuota { get; } = new()
    {
        Blocker = "the user's quota of keys is used up (kernel.keys.maxkeys)",
        Fix = "sudo sysctl -w kernel.keys.maxkeys=2000",
    };

    /// <summary>No ids besides one's own.</summary>
    public static Remedy Subids(HostFacts facts) => new()
    {
        Blocker = facts.HasNewuidmap
            ? "/etc/subuid and /etc/subgid give this user no ids"
            : "newuidmap and newgidmap are not installed",
        Fix = facts.HasNewuidmap
            ? $"sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {User(facts)}"
            : "sudo apt install uidmap\nsudo dnf install shadow-utils",
    };

    /// <summary>tmpfs(5) before Linux 6.6 has no user attributes (xattr(7)), which overlayfs needs for new directories.</summary>
    public static Remedy Uppers(HostFacts facts) => new()
    {
        Blocker = facts.UpperDirectory.Length > 0
            ? $"the tmpfs of Linux {facts.KernelRelease} has no user attributes (6.6 has); writable overlays keep their changes in {Words.Quote(facts.UpperDirectory)} instead"
            : $"the tmpfs of Linux {facts.KernelRelease} has no user attributes (6.6 has), and no directory for the changes of writable overlays was found on a disk that has: new directories cannot be renamed there, nor old ones made again",
        Fix = facts.UpperDirectory.Length > 0
            ? "nothing has to be done; a kernel from 6.6 on has the kernel hold \"disk\" there too"
            : "set SANDBOX_STORE to a directory of your own on ext4, XFS or Btrfs",
    };

    /// <summary>libseccomp is not installed.</summary>
    public static Remedy LibSeccomp { get; } = new()
    {
        Blocker = "libseccomp.so.2 is not installed",
        Fix = "sudo apt install libseccomp2\nsudo dnf install libseccomp",
    };

    /// <summary>The kernel is older than the feature.</summary>
    public static Remedy OldKernel(HostFacts facts, Version since) => new()
    {
        Blocker = $"Linux {facts.KernelVersion} is older than {since}",
        Fix = facts.WslVersion == 2 ? "in Windows: wsl --update" : $"boot Linux {since} or later",
    };

    /// <summary>The kernel is new enough, so the option was left out.</summary>
    public static Remedy NotBuilt(string feature) => new()
    {
        Blocker = $"the kernel was built without {feature}",
        Fix = "boot a distribution's kernel",
    };

    /// <summary>Groups that open doors.</summary>
    public static Remedy Groups(HostFacts facts) => new()
    {
        Blocker = $"the groups {string.Join(", ", facts.DangerousGroups)} of this user stay in force inside "
            + "(without root they cannot be dropped), for every host file and socket that a mount shows",
        Fix = "run jobs as a user of their own: sudo useradd --system --create-home jobs, then sudo -u jobs sandbox …",
    };

    private static string User(HostFacts facts) => facts.UserName.Length > 0 ? facts.UserName : "$(id -un)";
}
