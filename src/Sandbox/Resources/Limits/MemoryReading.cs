namespace Sandbox.Resources.Limits;

/// <summary>What one whole look at a job's memory found.</summary>
internal readonly record struct MemoryReading
{
    /// <summary>Bytes; above the limit only if a second measurement agreed.</summary>
    public required long Bytes { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Work { get; init; }

    /// <summary>A file could not be opened for want of descriptors or memory of our own.</summary>
    public required bool IsStarved { get; init; }
}
