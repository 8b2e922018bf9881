namespace Sandbox.Host;

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
