namespace Sandbox.Host;

/// <summary>Which runtime the caller lives in, by the marks each leaves.</summary>
internal static class ContainerDetector
{
    /// <summary>Looks for them, the most specific first: a pod may run on Docker's engine.</summary>
    public static ContainerKind Detect(HostFiles files, IReadOnlyList<MountEntry> mounts)
    {
        var groups = files.Text("proc/self/cgroup");
        if (files.Exists("run/secrets/kubernetes.io") || files.Exists("var/run/secrets/kubernetes.io")
            || groups.Contains("/kubepods", StringComparison.Ordinal))
        {
            return ContainerKind.Kubernetes;
        }

        if (files.Exists("run/.containerenv"))
        {
            return ContainerKind.Podman;
        }

        if ((files.Exists(".dockerenv") && !IsMachine(mounts)) || groups.Contains("/docker/", StringComparison.Ordinal))
        {
            return ContainerKind.Docker;
        }

        if (files.Exists("dev/lxd") || files.Exists("dev/incus") || groups.Contains("/lxc", StringComparison.Ordinal))
        {
            return ContainerKind.Lxc;
        }

        return FromSystemd(files.Text("run/systemd/container").Trim());
    }

    // Virtual machines are made from images too, with the mark inside; but no container owns a whole disk.
    private static bool IsMachine(IReadOnlyList<MountEntry> mounts) =>
        mounts.LastOrDefault(mount => mount.Target == "/") is { Root: "/", Type: "ext4" or "ext2" or "xfs" or "f2fs" };

    // systemd writes the runtime's name down when it starts as pid 1 (systemd, "Container Interface").
    private static ContainerKind FromSystemd(string name) => name switch
    {
        "" or "wsl" => ContainerKind.None,
        "docker" => ContainerKind.Docker,
        "podman" => ContainerKind.Podman,
        "systemd-nspawn" => ContainerKind.Nspawn,
        _ when name.StartsWith("lxc", StringComparison.Ordinal) => ContainerKind.Lxc,
        _ => ContainerKind.Other,
    };
}
