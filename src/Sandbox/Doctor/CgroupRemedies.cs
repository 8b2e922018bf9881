using Sandbox.Host;

namespace Sandbox.Doctor;

/// <summary>How a user comes by control groups of its own (cgroups(7), "Delegation").</summary>
internal static class CgroupRemedies
{
    /// <summary>For a host that gives the caller none.</summary>
    public static Remedy Undelegated(HostFacts facts) => new()
    {
        Blocker = Blocker(facts),
        Fix = Fix(facts),
    };

    /// <summary>The directory is the caller's but hands on no controllers.</summary>
    public static Remedy NoControllers { get; } = new()
    {
        Blocker = "the delegated control group has no memory, pids and cpu controllers",
        Fix = "printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | sudo install -D /dev/stdin /etc/systemd/system/user@.service.d/delegate.conf "
            + "&& sudo systemctl daemon-reload   (then log in again)",
    };

    private static string Blocker(HostFacts facts)
    {
        if (facts.Cgroup.Version2Directory.Length == 0 && facts.Cgroup.Version1.Count == 0)
        {
            return "no control groups are mounted";
        }

        return facts.Cgroup.Version1.Count > 0
            ? "the controllers are in version 1 hierarchies and none of this user's groups is writable"
            : $"the control group {facts.Cgroup.Version2Directory} is not writable for this user";
    }

    private static string Fix(HostFacts facts)
    {
        if (facts.WslVersion == 2 && !facts.HasSystemd)
        {
            return "in /etc/wsl.conf: [boot] systemd=true, then in Windows: wsl --shutdown";
        }

        if (facts.Container == ContainerKind.Podman)
        {
            return "podman run --cgroupns=private --security-opt unmask=/sys/fs/cgroup …";
        }

        if (facts.Container != ContainerKind.None)
        {
            return "give the container a writable control group, in Docker: --cgroupns=host -v /sys/fs/cgroup:/sys/fs/cgroup:rw";
        }

        if (facts.HasSystemd)
        {
            return "systemd-run --user --scope -p Delegate=yes -- sandbox exec job.json";
        }

        return facts.Cgroup.Version1.Any(group => group.Controllers.Contains("memory")) ? Version1Fix : Version2Fix;
    }

    /// <summary>For directories that the user has named and that cannot be used.</summary>
    public static Remedy Named(string problem) => new()
    {
        Blocker = problem,
        Fix = "name a directory that is delegated to this user (cgroups(7), \"Cgroups v2 delegation\"), or name none and let it be found",
    };

    // Neither gives away the limits of the directory itself, which stay root's.
    private const string Version1Fix =
        "for c in memory pids cpuacct cpu; do sudo mkdir -p /sys/fs/cgroup/$c/jobs && sudo chown $(id -un) /sys/fs/cgroup/$c/jobs; done; "
        + "export SANDBOX_CGROUP=/sys/fs/cgroup/memory/jobs:/sys/fs/cgroup/pids/jobs:/sys/fs/cgroup/cpuacct/jobs:/sys/fs/cgroup/cpu/jobs";

    // The shell goes one level below: a group with processes of its own hands on no controllers.
    private const string Version2Fix =
        "echo '+memory +pids +cpu' | sudo tee /sys/fs/cgroup/cgroup.subtree_control && sudo mkdir -p /sys/fs/cgroup/jobs/shell && cd /sys/fs/cgroup/jobs "
        + "&& sudo chown $(id -un) . cgroup.procs cgroup.subtree_control shell shell/cgroup.procs && echo $$ | sudo tee shell/cgroup.procs && cd -";
}
