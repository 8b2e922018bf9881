using Sandbox.Hashing;
using System.Text;
using Sandbox.Jobs;

namespace Sandbox.Images;

// docker export, debootstrap and what distributions offer as a "rootfs": one layer, and nobody says how it wants to be run.

/// <summary>Makes an image of a root directory that was packed by tar.</summary>
internal static class RootDirectoryReader
{
    private const int BufferBytes = 256 << 10;

    /// <summary>The image of the archive, named like its file.</summary>
    public static ImageRecipe Read(IImageSource source)
    {
        var layer = Digest(source);
        var (os, architecture) = (Platform.Here.Os, Platform.Here.Architecture);
        var config = Encoding.UTF8.GetBytes(
            $$$"""{"architecture":"{{{architecture}}}","os":"{{{os}}}","config":{},"rootfs":{"type":"layers","diff_ids":["{{{Digests.Prefix}}}{{{layer}}}"]}}""");
        return new()
        {
            Digest = ContentDigest.Of(config),
            ConfigBytes = config,
            Layers = [new LayerBlob { File = ArchiveSource.Whole, DiffId = layer }],
            Names = Name(source.Origin.Path) is { } name ? [name] : [],
        };
    }

    // The digest of the content is the layer's name, and is needed before it is unpacked.
    private static string Digest(IImageSource source)
    {
        using var content = source.Open(ArchiveSource.Whole)!;
        var digest = new ContentDigest(content.Length);
        var buffer = new byte[BufferBytes];
        while (content.Read(buffer) is var count and > 0)
        {
            digest.Add(buffer.AsSpan(0, count));
        }

        return digest.Finish();
    }

    // A file name is no tag's business: what of it cannot be a name ("My Root.tar") is left without one.
    private static string? Name(string path)
    {
        var file = Path.GetFileName(path);
        var name = ImageReference.WithoutEnding(file).ToLowerInvariant();
        return !name.Contains(':') && ImageName.Parse(name, out _) is null ? name : null;
    }
}
