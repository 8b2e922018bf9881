namespace Sandbox;

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
