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
