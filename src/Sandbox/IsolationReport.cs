namespace Sandbox;

/// <summary>The isolation of the job as read back just before execve.</summary>
public sealed record IsolationReport
{
    /// <summary>Namespace inode numbers by kernel name (<c>user mnt pid net ipc uts cgroup</c>).</summary>
    public required IReadOnlyDictionary<string, long> Namespaces { get; init; }

    /// <summary>Union of the five capability sets, 16 hexadecimal digits.</summary>
    public required string Capabilities { get; init; }

    /// <summary>no_new_privs is set (prctl(2)).</summary>
    public required bool NoNewPrivs { get; init; }

    /// <summary>Name of the seccomp policy.</summary>
    public required string SeccompPolicy { get; init; }

    /// <summary>SHA-256 of the filter program.</summary>
    public required string SeccompSha256 { get; init; }

    /// <summary>Landlock ABI in force; 0 where the kernel has none.</summary>
    public required int Landlock { get; init; }

    /// <summary>
    /// The rootfs, files of the store and read-only files of the host have inodes of the job's own, so file locks and watches on them concern nobody
    /// else. False where one could not be shown through an overlay (a folder with other mounts below it, a link that leads out of its folder).
    /// </summary>
    public bool OwnInodes { get; init; }

    /// <summary>Digest of the image's configuration, <c>sha256:…</c>, which names its layers too; null for another rootfs.</summary>
    public string? Image { get; init; }

    /// <summary>Group ids of the host that stay effective in the job (setgroups is denied without root, unless it has subordinate ids).</summary>
    public IReadOnlyList<long> Groups { get; init; } = [];

    /// <summary>Ids of the host that the job runs under.</summary>
    public long HostUid { get; init; }
}
