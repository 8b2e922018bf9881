namespace Sandbox;

/// <summary>Whether anything may be prepared or shared ahead of the job.</summary>
public enum IsolationLevel
{
    /// <summary>What is proven to hold no state of another job may be prepared ahead.</summary>
    Normal,

    /// <summary>Every namespace is made for this job alone.</summary>
    Strict,
}

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
    /// else. False where one could not be shown through an overlay (a directory with other mounts below it, a link that leads out of its directory).
    /// </summary>
    public bool OwnInodes { get; init; }

    /// <summary>Digest of the image's configuration, <c>sha256:…</c>, which names its layers too; null for another rootfs.</summary>
    public string? Image { get; init; }

    /// <summary>Group ids of the host that stay effective in the job (setgroups is denied without root, unless it has subordinate ids).</summary>
    public IReadOnlyList<long> Groups { get; init; } = [];

    /// <summary>How the job's connections come to what holds them against its list; null for one without a way out.</summary>
    public EgressWay? Egress { get; init; }

    /// <summary>Ids of the host that the job runs under.</summary>
    public long HostUid { get; init; }
}

/// <summary>What was asked for and what really holds it. Times in seconds, sizes in bytes, null for lifted or not asked for.</summary>
public sealed record Enforcement
{
    /// <summary>The value asked for.</summary>
    public required double? Requested { get; init; }

    /// <summary>The value in force.</summary>
    public required double? Effective { get; init; }

    /// <summary>What holds it.</summary>
    public required Mechanism By { get; init; }

    /// <summary>What the mechanism cannot see, or null.</summary>
    public string? Note { get; init; }

    /// <summary>The host's hard limit allows less than was asked for.</summary>
    internal bool IsClamped { get; init; }

    /// <summary>It holds each of the job's ids by itself.</summary>
    internal bool IsForEachId { get; init; }
}

/// <summary>A call the policy killed for.</summary>
public sealed record PolicyViolation
{
    /// <summary>Name of the call, or <c>unknown</c>.</summary>
    public required string Syscall { get; init; }

    /// <summary>Its number.</summary>
    public required int Number { get; init; }

    /// <summary>Architecture of the call, such as <c>x86_64</c>.</summary>
    public required string Arch { get; init; }

    /// <summary>Process id as the job sees it.</summary>
    public required int Pid { get; init; }

    /// <summary>What the policy did: <c>kill</c>.</summary>
    public required string Action { get; init; }
}
