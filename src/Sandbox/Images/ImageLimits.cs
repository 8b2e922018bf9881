namespace Sandbox.Images;

/// <summary>How much an image may ask of the host before it is refused.</summary>
internal sealed record ImageLimits
{
    /// <summary>Unpacked bytes of all its layers, archive headers included.</summary>
    public long Bytes { get; init; } = 32L << 30;

    /// <summary>Entries in all its layers.</summary>
    public long Entries { get; init; } = 2_000_000;

    /// <summary>Layers: overlayfs takes 500 of them, but docker and containerd stop at about this number.</summary>
    public int Layers { get; init; } = 128;

    /// <summary>Bytes of one JSON document.</summary>
    public int JsonBytes { get; init; } = 4 << 20;

    /// <summary>Indexes inside of indexes.</summary>
    public int IndexDepth { get; init; } = 4;

    /// <summary>Manifests in all the indexes of one layout.</summary>
    public int Manifests { get; init; } = 1000;

    /// <summary>Files in the archive that holds the image.</summary>
    public int ArchiveFiles { get; init; } = 20_000;

    /// <summary>Folders inside of folders; each is an open descriptor while the layer is unpacked.</summary>
    public int FolderDepth { get; init; } = 256;
}
