namespace Sandbox.Images;

/// <summary>What an image says about how its programs want to be run.</summary>
internal sealed record ImageConfig
{
    /// <summary>Variables as <c>NAME=value</c>.</summary>
    public required IReadOnlyList<string> Env { get; init; }

    /// <summary>Absolute path inside, or empty.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>What every command begins with; may be empty.</summary>
    public required IReadOnlyList<string> Entrypoint { get; init; }

    /// <summary>The command where none is given; may be empty.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Paths inside to which its programs write what is to outlive them, as the image has them; may be empty.</summary>
    public required IReadOnlyList<string> Volumes { get; init; }

    /// <summary>As the image has it: empty, or ids or names such as <c>1000:1000</c> and <c>app:app</c>.</summary>
    public required string User { get; init; }
}

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

/// <summary>Finds the images in an archive or directory, whichever of the formats it has.</summary>
internal static class RecipeReader
{
    private const string OldNames = "repositories";

    /// <summary>Reads everything but the layers.</summary>
    /// <exception cref="InvalidImageException">There is no image for this machine, or the documents are damaged.</exception>
    public static IReadOnlyList<ImageRecipe> Read(IImageSource source, ImageLimits limits)
    {
        if (!Has(source, OciLayoutReader.Marker))
        {
            if (Has(source, DockerArchiveReader.Manifest))
            {
                return new DockerArchiveReader(source, limits).Read();
            }

            if (Has(source, OldNames))
            {
                throw source.Origin.Refuse("an archive of docker save before version 1.10 (it has repositories and no manifest.json): load it and save it again with any docker of today");
            }

            return source is ArchiveSource { IsRootDirectory: true }
                ? [RootDirectoryReader.Read(source)]
                : throw source.Origin.Refuse("no container image: it has neither oci-layout nor manifest.json" + (source is DirectorySource
                    ? "; a directory to be the root is given as \"rootfs\": { \"directory\": … }"
                    : ", and it is no root directory packed by tar (docker export): it has neither /bin, /etc, /lib, /sbin nor /usr"));
        }

        // Both are in what docker writes since version 25: the layout vouches for every byte, the other has all names.
        var images = new OciLayoutReader(source, limits).Read();
        var names = new DockerArchiveReader(source, limits).Names();
        return images.Select(image => image with { Names = [.. image.Names.Concat(NamesOf(image, names)).Distinct()] }).ToArray();
    }

    private static IEnumerable<string> NamesOf(ImageRecipe image, IReadOnlyList<(string Config, IReadOnlyList<string> Names)> all) =>
        all.Where(one => one.Config == "blobs/sha256/" + image.Digest).SelectMany(one => one.Names);

    private static bool Has(IImageSource source, string name)
    {
        using var file = source.Open(name);
        return file is not null;
    }
}
