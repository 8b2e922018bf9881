namespace Sandbox;

/// <summary>One image of an <see cref="ImageStore"/>.</summary>
public sealed record ListedImage
{
    /// <summary><c>sha256:</c> and the 64 hexadecimal digits of the image's configuration, which names its layers too.</summary>
    public required string Digest { get; init; }

    /// <summary>Its names as people write them, such as <c>debian:12</c>; empty if it has none.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>How many layers it has.</summary>
    public required int Layers { get; init; }

    /// <summary>Bytes of the files in its layers; several images may share them.</summary>
    public required long Bytes { get; init; }

    /// <summary>Layers that are missing: above 0 the image cannot be used before it is imported again.</summary>
    public required int MissingLayers { get; init; }

    /// <summary>When it was built, as it says itself; null if it does not.</summary>
    public required DateTimeOffset? Created { get; init; }

    /// <summary>When a job last used it, or when it was imported.</summary>
    public required DateTimeOffset Used { get; init; }
}

/// <summary>One image that an import has brought, or found to be there.</summary>
public sealed record ImportedImage
{
    /// <summary><c>sha256:</c> and the 64 hexadecimal digits of the image's configuration.</summary>
    public required string Digest { get; init; }

    /// <summary>The names it was given, as people write them.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Names in the archive that no image can have, as they stand there; show them by <see cref="DisplayText"/> only.</summary>
    public required IReadOnlyList<string> RefusedNames { get; init; }

    /// <summary>Layers that were not in the store before.</summary>
    public required int NewLayers { get; init; }

    /// <summary>Device nodes below /dev that were left out of its layers: a job gets a /dev of its own.</summary>
    public required int SkippedDevices { get; init; }
}

/// <summary>What <see cref="ImageStore.RemoveAsync"/> has taken away.</summary>
public sealed record RemovedImage
{
    /// <summary>Names that lead to nothing any more, as people write them.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary><c>sha256:…</c> of the image that is gone; null if it stays, because it has other names.</summary>
    public required string? Digest { get; init; }
}

/// <summary>What <see cref="ImageStore.PruneAsync"/> has freed.</summary>
public sealed record PrunedImages
{
    /// <summary>Layers that no image needed.</summary>
    public required int Layers { get; init; }

    /// <summary>Bytes of the files in them.</summary>
    public required long Bytes { get; init; }

    /// <summary>What imports that were interrupted had left half made.</summary>
    public required int Leftovers { get; init; }
}

/// <summary>What was given as an image is none, is damaged, or tries what no image may; nothing of it was kept.</summary>
/// <param name="message">What is wrong, in one sentence without a full stop.</param>
public sealed class InvalidImageException(string message) : SandboxException(message);

/// <summary>No image has this name, or several have; or nothing is at the path.</summary>
/// <param name="message">What is wrong, in one sentence without a full stop.</param>
public sealed class UnknownImageException(string message) : SandboxException(message);
