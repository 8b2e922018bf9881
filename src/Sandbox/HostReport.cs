namespace Sandbox;

/// <summary>Whether this machine can run jobs, as <see cref="SandboxHost.ProbeAsync"/> has found by trying.</summary>
public sealed record HostReport
{
    /// <summary>Release of the kernel, such as <c>6.8.0-45-generic</c> (uname(2)).</summary>
    public required string Kernel { get; init; }

    /// <summary>Effective user id of the caller.</summary>
    public required long Uid { get; init; }

    /// <summary>The container the caller lives in, as far as can be seen.</summary>
    public required ContainerKind Container { get; init; }

    /// <summary>Version of the Windows Subsystem for Linux; 0 elsewhere.</summary>
    public required int WslVersion { get; init; }

    /// <summary>What jobs need, in the order in which a job needs it.</summary>
    public required IReadOnlyList<HostRequirement> Requirements { get; init; }

    /// <summary>Everything that every job needs is there: jobs can run.</summary>
    public bool IsReady => Requirements.All(requirement => requirement.State != RequirementState.Missing);
}

/// <summary>One thing that jobs need from the host, and what stands in its way.</summary>
public sealed record HostRequirement
{
    /// <summary>What it is, such as <c>user namespace</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How it stands.</summary>
    public required RequirementState State { get; init; }

    /// <summary>Without it no job starts.</summary>
    public required bool IsRequired { get; init; }

    /// <summary>The kernel's answer, such as <c>EPERM</c>, or the value found; empty if there is nothing to add.</summary>
    public string Detail { get; init; } = "";

    /// <summary>The name of the requirement that it stands on, which is not met and has the cause; null if there is none.</summary>
    public string? Needs { get; init; }

    /// <summary>What jobs lose where it is not <see cref="RequirementState.Ok"/>; empty for one that every job needs.</summary>
    public string Loses { get; init; } = "";

    /// <summary>Who or what blocks it; null when it works, when the cause lies in another one, or when it is not known.</summary>
    public string? Blocker { get; init; }

    /// <summary>Command or configuration line that changes that, alternatives on lines of their own; null where <see cref="Blocker"/> is.</summary>
    public string? Fix { get; init; }
}

/// <summary>How something that jobs need stands on a host.</summary>
public enum RequirementState
{
    /// <summary>It works.</summary>
    Ok,

    /// <summary>Jobs run, but something named is lost or must be known.</summary>
    Degraded,

    /// <summary>No job can start.</summary>
    Missing,
}

/// <summary>The container runtime around a process, since each has its own switch for the same lock.</summary>
public enum ContainerKind
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
