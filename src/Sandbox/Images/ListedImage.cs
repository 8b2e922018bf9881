namespace Sandbox.Images;

/// <summary>One image of a store.</summary>
internal sealed record ListedImage
{
    /// <summary><c>sha256:…</c> of the image's config.</summary>
    public required string Digest { get; init; }

    /// <summary>Its names, as people write them; may be empty.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>How many layers it has.</summary>
    public required int Layers { get; init; }

    /// <summary>Bytes of the files in its layers; several images may share them.</summary>
    public required long Bytes { get; init; }

    /// <summary>Layers that are missing: the image cannot be used before it is imported again.</summary>
    public required int MissingLayers { get; init; }

    /// <summary>When it was built, as it says itself; null if it does not.</summary>
    public required DateTimeOffset? Created { get; init; }

    /// <summary>When a job last used it, or when it was imported.</summary>
    public required DateTimeOffset Used { get; init; }
}

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
