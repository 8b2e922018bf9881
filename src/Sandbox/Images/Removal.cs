namespace Sandbox.Images;

/// <summary>What a removal has done.</summary>
internal sealed record Removal
{
    /// <summary>Names that lead to nothing any more, as people write them.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary><c>sha256:…</c> of the image that is gone; null if it has other names.</summary>
    public required string? Digest { get; init; }
}
