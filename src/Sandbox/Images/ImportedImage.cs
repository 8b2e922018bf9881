namespace Sandbox.Images;

/// <summary>What an import has brought.</summary>
internal sealed record ImportedImage
{
    /// <summary><c>sha256:…</c> of the image's config.</summary>
    public required string Digest { get; init; }

    /// <summary>The names it was given, as people write them.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Names in the archive that no image can have.</summary>
    public required IReadOnlyList<string> RefusedNames { get; init; }

    /// <summary>Layers that were not in the store before.</summary>
    public required int NewLayers { get; init; }

    /// <summary>Device nodes below /dev that were left out of its layers.</summary>
    public required int SkippedDevices { get; init; }
}
