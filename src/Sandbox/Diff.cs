namespace Sandbox;

/// <summary>Asks for what the job changed in its mounts of type overlay.</summary>
public sealed record DiffSpec
{
    /// <summary>
    /// Absolute path on the host of an archive with the changes, an OCI layer; its name ends in <c>.tar</c>, or in <c>.tar.gz</c> or
    /// <c>.tgz</c> to compress it. Default null: the changes are told in the result only.
    /// </summary>
    public string? To { get; init; }

    /// <inheritdoc cref="OutputSpec.Held"/>
    public HeldPath? Held { get; init; }

    /// <summary>The name asks for compression.</summary>
    internal static bool IsCompressed(string path) =>
        path.EndsWith(".tar.gz", StringComparison.Ordinal) || path.EndsWith(".tgz", StringComparison.Ordinal);
}

/// <summary>What a job changed in its mounts of type overlay.</summary>
public sealed record DiffResult
{
    /// <summary>The changed paths, sorted by their characters' numbers.</summary>
    public required IReadOnlyList<DiffEntry> Entries { get; init; }

    /// <summary>There are more changes than a result can hold; an output error says so too.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>The archive that was written; null if none was asked for, or if it would have been incomplete.</summary>
    public OutputResult? Archive { get; init; }
}

/// <summary>One path that the job changed.</summary>
public sealed record DiffEntry
{
    /// <summary>Path inside the sandbox.</summary>
    public required string Path { get; init; }

    /// <summary>What became of it.</summary>
    public required DiffChange Change { get; init; }

    /// <summary>What it is now; for a deleted one what it was.</summary>
    public required DiffType Type { get; init; }

    /// <summary>Permission bits with set-id and sticky bits; null for links and for what was deleted.</summary>
    public int? Mode { get; init; }

    /// <summary>Size of a file in bytes; else null.</summary>
    public long? Bytes { get; init; }

    /// <summary>SHA-256 of a file's content, lower-case hexadecimal; null for all else, and if the file could not be read, which is an output error.</summary>
    public string? Sha256 { get; init; }

    /// <summary>What a link says, taken literally; else null.</summary>
    public string? Target { get; init; }
}

/// <summary>What became of a path.</summary>
public enum DiffChange
{
    /// <summary>There was nothing at the path.</summary>
    Created,

    /// <summary>Content, permission bits, target of a link, or type differ; a new time alone is no change.</summary>
    Changed,

    /// <summary>It is gone; a directory stands for all that was in it.</summary>
    Deleted,
}

/// <summary>What kind of file is, or for a deleted one was, at a path.</summary>
public enum DiffType
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Symlink,

    /// <summary>A FIFO, socket or device: never opened, and not in an archive.</summary>
    Other,
}
