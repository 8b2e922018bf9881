namespace Sandbox.Images;

/// <summary>An image that can be made from an archive.</summary>
internal sealed record ImageRecipe
{
    /// <summary>SHA-256 of the config in hexadecimal: the identity of the image.</summary>
    public required string Digest { get; init; }

    /// <summary>The config, byte by byte.</summary>
    public required byte[] ConfigBytes { get; init; }

    /// <summary>The layers, lowest first.</summary>
    public required IReadOnlyList<LayerBlob> Layers { get; init; }

    /// <summary>Names that the archive gives it, in full.</summary>
    public required IReadOnlyList<string> Names { get; init; }
}
