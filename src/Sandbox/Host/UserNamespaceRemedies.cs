namespace Sandbox.Host;

/// <summary>Who refuses user namespaces, or the capabilities that should come with them.</summary>
internal static class UserNamespaceRemedies
{
    /// <summary>Ubuntu 23.10 and later: allowed only to programs with a profile that says so.</summary>
    public static Remedy AppArmorRestriction { get; } = new()
    {
        Blocker = "AppArmor lets only named programs use unprivileged user namespaces "
            + "(kernel.apparmor_restrict_unprivileged_userns = 1, Ubuntu's default)",
        Fix = "sudo install -m 0644 packaging/apparmor/sandbox /etc/apparmor.d/sandbox && "
            + "sudo apparmor_parser -r /etc/apparmor.d/sandbox   (names /usr/bin/sandbox; edit the path for another place)\n"
            + "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0   (for every program)",
    };

    /// <summary>Debian 10, and kernels with the same patch.</summary>
    public static Remedy ClonePatch { get; } = new()
    {
        Blocker = "unprivileged user namespaces are off (kernel.unprivileged_userns_clone = 0)",
        Fix = "sudo sysctl -w kernel.unprivileged_userns_clone=1",
    };

    /// <summary>The sysctl is 0.</summary>
    public static Remedy NoneAllowed { get; } = new()
    {
        Blocker = "user namespaces are off (user.max_user_namespaces = 0)",
        Fix = "sudo sysctl -w user.max_user_namespaces=65536",
    };

    /// <summary>The sysctl is not 0 here, so one further out, or the nesting depth, is the limit.</summary>
    public static Remedy UsedUp { get; } = new()
    {
        Blocker = "no user namespace is left: user.max_user_namespaces of this or a surrounding namespace is used up, "
            + "as inside another sandbox",
        Fix = "run it outside the surrounding sandbox, or raise user.max_user_namespaces there",
    };

    /// <summary>user_namespaces(7): refused below a changed root.</summary>
    public static Remedy Chroot { get; } = new()
    {
        Blocker = "the kernel refuses user namespaces inside a chroot (EPERM, clone(2))",
        Fix = "enter the tree with pivot_root or a container instead of chroot, as in: "
            + "bwrap --bind TREE / --dev /dev --proc /proc sandbox …",
    };

    /// <summary>Root gives jobs ids of a range, and this user namespace has none of it.</summary>
    public static Remedy NoRootRange { get; } = new()
    {
        Blocker = "root never enters a job, and the ids it gives to jobs instead (from 1879048192 on) do not exist in this user namespace",
        Fix = "run it as an ordinary user\nrun it as root outside the user namespace",
    };

    /// <summary>
    /// No setting explains the refusal. A chroot does whose root is a mount point, which cannot be seen from inside.
    /// </summary>
    public static Remedy Invisible { get; } = new()
    {
        Blocker = "no setting explains the refusal; a chroot does (EPERM, clone(2)), or a security module such as SELinux",
        Fix = "leave the chroot\nlook for denials: sudo dmesg | grep -iE 'denied|avc'",
    };

    /// <summary>CONFIG_USER_NS is missing.</summary>
    public static Remedy NotBuilt { get; } = new()
    {
        Blocker = "the kernel was built without user namespaces (CONFIG_USER_NS)",
        Fix = "boot a distribution's kernel",
    };

    /// <summary>WSL 1 has no Linux kernel at all.</summary>
    public static Remedy Wsl1 { get; } = new()
    {
        Blocker = "WSL 1 has no Linux kernel and no namespaces",
        Fix = "in Windows: wsl --set-version DISTRIBUTION 2",
    };

    /// <summary>The cause of a refused user namespace; null if nothing known explains it.</summary>
    public static Remedy? For(string errno, HostFacts facts) => errno switch
    {
        _ when facts.WslVersion == 1 => Wsl1,
        "ENOSPC" => facts.MaxUserNamespaces == 0 ? NoneAllowed : UsedUp,
        "EUSERS" => UsedUp,
        "EINVAL" => NotBuilt,
        "ENOSYS" => ContainerRemedies.Filter(facts) ?? NotBuilt,
        "SIGSYS" => ContainerRemedies.AnyFilter(facts),
        "EPERM" or "EACCES" => Refused(facts),
        _ => null,
    };

    /// <summary>The cause of a capability that a user namespace should have given and did not.</summary>
    public static Remedy Refused(HostFacts facts)
    {
        if (!facts.Privileged && facts.UnprivilegedUsernsClone == 0)
        {
            return ClonePatch;
        }

        if (!facts.Privileged && facts.MaxUserNamespaces == 0)
        {
            return NoneAllowed;
        }

        // A filter of a container decides before AppArmor of its host is asked.
        if (ContainerRemedies.Filter(facts) is { } filter)
        {
            return filter;
        }

        if (!facts.Privileged && facts.AppArmorRestrictsUserNamespaces)
        {
            return AppArmorRestriction;
        }

        return facts.Chroot ? Chroot : ContainerRemedies.AppArmor(facts) ?? Invisible;
    }
}

/// <summary>What a surrounding container refuses, in the words of its runtime.</summary>
internal static class ContainerRemedies
{
    private const string Podman = "podman run --security-opt seccomp=unconfined --security-opt unmask=ALL …";

    private const string Docker =
        "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
        + "--security-opt systempaths=unconfined …";

    private const string Kubernetes =
        "in the pod: hostUsers: false, and in the container's securityContext: seccompProfile: {type: Unconfined}, "
        + "appArmorProfile: {type: Unconfined}, procMount: Unmasked";

    /// <summary>The caller's seccomp filter as a cause; null if it has none.</summary>
    public static Remedy? Filter(HostFacts facts) => facts.Filtered ? AnyFilter(facts) : null;

    /// <summary>A seccomp filter is known to be the cause.</summary>
    public static Remedy AnyFilter(HostFacts facts) => new()
    {
        Blocker = facts.Container == ContainerKind.None
            ? "a seccomp filter of the surrounding program refuses the call"
            : $"the seccomp profile of the container ({facts.Container}) refuses the call",
        Fix = Switch(facts.Container)
            ?? "start it outside the filter: a systemd service with SystemCallFilter= or RestrictNamespaces=, or an outer sandbox",
    };

    /// <summary>A listener of an outer filter takes the only place (seccomp(2), SECCOMP_FILTER_FLAG_NEW_LISTENER).</summary>
    public static Remedy Listener(HostFacts facts) => new()
    {
        Blocker = "a surrounding program listens to system calls already and the kernel allows one listener only",
        Fix = facts.Container == ContainerKind.Lxc
            ? "on the host: lxc config set NAME security.syscalls.intercept.mount=false (and the other intercepts)"
            : "start it outside the surrounding sandbox",
    };

    /// <summary>The runtime's AppArmor profile as a cause; null if the caller is not confined.</summary>
    public static Remedy? AppArmor(HostFacts facts)
    {
        var profile = facts.AppArmorProfile;
        if (profile.Length == 0 || profile.Contains("unconfined", StringComparison.Ordinal))
        {
            return null;
        }

        return new Remedy
        {
            Blocker = $"the AppArmor profile {profile} refuses it",
            Fix = Switch(facts.Container) ?? "add the profile packaging/apparmor/sandbox, or start it from an unconfined program",
        };
    }

    /// <summary>Parts of /proc are covered, so the kernel gives no new one to a user namespace.</summary>
    public static Remedy MaskedProc(HostFacts facts)
    {
        var example = facts.CoveredProcPaths.Count > 0 ? $" ({facts.CoveredProcPaths[0]} …)" : "";
        return new Remedy
        {
            Blocker = $"parts of /proc are masked{example}; then the kernel refuses a fresh procfs in a user namespace",
            Fix = Switch(facts.Container) ?? "uncover them: umount each mount below /proc, or start it outside the sandbox that made them",
        };
    }

    /// <summary>/proc/sys cannot be written.</summary>
    public static Remedy ReadOnlySysctls(HostFacts facts) => new()
    {
        Blocker = "/proc/sys is mounted read-only",
        Fix = Switch(facts.Container) ?? "mount -o remount,rw /proc/sys",
    };

    private static string? Switch(ContainerKind container) => container switch
    {
        ContainerKind.Docker => Docker,
        ContainerKind.Podman => Podman,
        ContainerKind.Kubernetes => Kubernetes,
        ContainerKind.Lxc => "on the host: lxc config set NAME security.nesting=true && lxc restart NAME",
        ContainerKind.Nspawn => "systemd-nspawn --system-call-filter='@mount @keyring perf_event_open' --private-users=pick …",
        _ => null,
    };
}

/// <summary>The cause of a failure on this host, and the exact command or setting that removes it.</summary>
internal sealed record Remedy
{
    /// <summary>What stands in the way.</summary>
    public required string Blocker { get; init; }

    /// <summary>Command or configuration line to copy; alternatives on lines of their own.</summary>
    public required string Fix { get; init; }

    /// <summary>Both in one line, for <c>error.hint</c>.</summary>
    public string ToHint() => $"{Blocker}; fix: {Fix.Replace("\n", ", or: ", StringComparison.Ordinal)}";
}
