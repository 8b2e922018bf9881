namespace Sandbox.Images;

/// <summary>A layer as it lies in an archive.</summary>
internal sealed record LayerBlob
{
    /// <summary>The file that holds it.</summary>
    public required string File { get; init; }

    /// <summary>SHA-256 or SHA-512 of its content after decompression, in hexadecimal: what the image's config names it by.</summary>
    public required string DiffId { get; init; }

    /// <summary>SHA-256 or SHA-512 of the file in hexadecimal; null where the format does not say.</summary>
    public string? Digest { get; init; }

    /// <summary>Bytes of the file; null where the format does not say.</summary>
    public long? Size { get; init; }
}
