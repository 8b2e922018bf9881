namespace Sandbox;

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
