namespace Sandbox.Host;

/// <summary>The container runtime around the caller, since each has its own switch for the same lock.</summary>
internal enum ContainerKind
{
    /// <summary>None that could be seen.</summary>
    None,

    /// <summary>Docker or another runtime with Docker's options.</summary>
    Docker,

    /// <summary>Podman.</summary>
    Podman,

    /// <summary>A Kubernetes pod.</summary>
    Kubernetes,

    /// <summary>LXC, LXD or Incus.</summary>
    Lxc,

    /// <summary>systemd-nspawn.</summary>
    Nspawn,

    /// <summary>Some other one.</summary>
    Other,
}
