namespace Sandbox;

/// <summary>One mount on top of the root file system.</summary>
public abstract record Mount
{
    private protected Mount() { }

    /// <summary>A file or directory of the host at this absolute path, read-only unless said otherwise.</summary>
    public static Mount Bind(string source, string target, bool writable = false) => new BindMount { Source = source, Target = target, Writable = writable };

    /// <summary>A writable view of a directory of the host, which never changes.</summary>
    public static Mount Overlay(string source, string target) => new OverlayMount { Source = source, Target = target };

    /// <summary>An empty file system in memory of so many bytes, which are taken off the <c>disk</c> limit; null shares what is left of that.</summary>
    public static Mount Tmpfs(string target, long? sizeBytes = null) => new TmpfsMount { Target = target, SizeBytes = sizeBytes };

    /// <summary>A symbolic link that says this text.</summary>
    public static Mount Symlink(string text, string target) => new SymlinkMount { Source = text, Target = target };

    /// <summary>A file of the store by its SHA-256, 64 hexadecimal digits in lower case.</summary>
    public static Mount Stored(string sha256, string target) => new StoredMount { Sha256 = sha256, Target = target };

    /// <summary>A volume of this user, which the job may write to, and which stays for the next job.</summary>
    public static Mount Volume(string name, string target, bool readOnly = false) => new VolumeMount { Name = name, Target = target, ReadOnly = readOnly };

    /// <summary>Absolute, normalised path inside the sandbox.</summary>
    public required string Target { get; init; }

    /// <summary>No program can be executed from the mount (mount(2), MS_NOEXEC). Default false.</summary>
    public bool NoExec { get; init; }
}

/// <summary>A file or directory of the host shown inside, read-only unless said otherwise.</summary>
public sealed record BindMount : Mount
{
    /// <summary>Absolute path on the host.</summary>
    public required string Source { get; init; }

    /// <summary>Writes reach the host. Default false.</summary>
    public bool Writable { get; init; }

    /// <summary>An absent source is skipped and reported instead of refused. Default false.</summary>
    public bool Optional { get; init; }

    /// <summary>
    /// What <see cref="Source"/> has to be when the job is set up; if it is another file or directory by then, the job does not start (ESTALE). A job file has no form for it.
    /// Null (the default): whatever is there.
    /// </summary>
    public FileIdentity? Identity { get; init; }
}

/// <summary>A writable view of a host directory, which never changes (overlayfs).</summary>
public sealed record OverlayMount : Mount
{
    /// <summary>Absolute path of the directory on the host, which never changes.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// Absolute path of a directory on the host that keeps what the job changes, in <c>upper</c> below it, for the next job; <c>work</c> beside
    /// that is the kernel's. One job at a time (EBUSY). It does not count in <c>disk</c>. Null (the default): changes are kept in memory,
    /// count in <c>disk</c>, and are lost with the job.
    /// </summary>
    public string? Upper { get; init; }
}

/// <summary>An empty file system in memory.</summary>
public sealed record TmpfsMount : Mount
{
    /// <summary>Size in bytes, taken off the <c>disk</c> limit; null shares what is left of <c>disk</c>.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Largest number of inodes; null bounds it by the size.</summary>
    public long? Inodes { get; init; }
}

/// <summary>A symbolic link made in the root.</summary>
public sealed record SymlinkMount : Mount
{
    /// <summary>What the link says, taken literally.</summary>
    public required string Source { get; init; }
}

/// <summary>A file of the store shown inside, always read-only; in job.json a bind whose source is <c>sha256:…</c>.</summary>
public sealed record StoredMount : Mount
{
    /// <summary>The SHA-256 of the bytes, 64 hexadecimal digits in lower case.</summary>
    public required string Sha256 { get; init; }
}

/// <summary>A directory that is kept under a name (<see cref="VolumeStore"/>), for one job after the other or several at once.</summary>
public sealed record VolumeMount : Mount
{
    /// <summary>1 to 128 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, of which the first is a letter or a digit.</summary>
    public required string Name { get; init; }

    /// <summary>The job may not write to it. Default false.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>One that is not there is made. Default false: the job is not started (ENOENT).</summary>
    public bool Create { get; init; }

    /// <summary>One without files that no other job has gets what the image has at <see cref="Mount.Target"/>, if the root is an image and has a directory there. Default true.</summary>
    public bool Copy { get; init; } = true;
}
