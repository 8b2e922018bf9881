using Sandbox.Hashing;
using Sandbox.Text;

namespace Sandbox.Images;

// image-spec, "Image Layout": oci-layout says that it is one, index.json lists images, and every blob is a file named by
// its digest, so that each document vouches for the next down to the layers.

/// <summary>Finds the images of an OCI layout that run on this machine.</summary>
internal sealed class OciLayoutReader(IImageSource source, ImageLimits limits)
{
    /// <summary>The file that makes a directory a layout.</summary>
    public const string Marker = "oci-layout";

    /// <summary>The file that lists its images.</summary>
    public const string Index = "index.json";

    private readonly BlobReader _blobs = new(source, limits);
    private readonly List<ImageRecipe> _images = [];
    private readonly List<string> _others = [];
    private int _manifests;

    /// <summary>Reads all of it but the layers.</summary>
    /// <exception cref="InvalidImageException">The layout is damaged, or has nothing for this machine.</exception>
    public IReadOnlyList<ImageRecipe> Read()
    {
        var origin = source.Origin.Of(Marker);
        var version = ImageDocument.Parse(_blobs.Find(Marker)!, origin).Text("imageLayoutVersion") ?? "";
        if (!version.StartsWith("1.", StringComparison.Ordinal))
        {
            throw origin.Refuse($"an image layout of version {Words.Quote(version)}; 1.0.0 is known");
        }

        var index = _blobs.Find(Index) ?? throw origin.Refuse("the layout has no index.json");
        // Where several go by one name, the variant that every processor can run has it.
        foreach (var same in Manifests(ImageDocument.Parse(index, source.Origin.Of(Index))).GroupBy(descriptor => string.Join('\n', descriptor.Names)))
        {
            var fitting = same.Where(descriptor => descriptor.Platform is { Fits: true }).ToArray();
            var hasPlain = fitting.Any(descriptor => descriptor.Platform!.IsPlain);
            foreach (var descriptor in same.Where(descriptor => !hasPlain || !fitting.Contains(descriptor) || descriptor.Platform!.IsPlain))
            {
                Take(descriptor);
            }
        }

        return _images.Count > 0 ? _images : throw Nothing();
    }

    private void Take(Descriptor descriptor)
    {
        if (descriptor.IsAttestation)
        {
            return;
        }

        if (Find(descriptor, 1) is not { } recipe)
        {
            return;
        }

        var known = _images.FindIndex(image => image.Digest == recipe.Digest);
        if (known < 0)
        {
            _images.Add(recipe with { Names = descriptor.Names });
        }
        else
        {
            _images[known] = _images[known] with { Names = [.. _images[known].Names, .. descriptor.Names] };
        }
    }

    // The image behind a descriptor; null if it is for another machine, or no container image at all.
    private ImageRecipe? Find(Descriptor descriptor, int depth)
    {
        if (descriptor.Platform is { Fits: false } other)
        {
            _others.Add(other.ToString());
            return null;
        }

        var origin = source.Origin.Of(descriptor.ToString());
        var document = ImageDocument.Parse(_blobs.Read(descriptor), origin);
        if (document.Has("layers") && document.Has("config"))
        {
            return Recipe(document);
        }

        if (document.Has("fsLayers") || (document.Number("schemaVersion") == 1 && !document.Has("manifests")))
        {
            throw origin.Refuse("a manifest of schema 1, which docker gave up in 2017: pull and save the image anew with any tool of today");
        }

        if (!document.Has("manifests"))
        {
            throw origin.Refuse($"neither an index nor a manifest of an image (its media type is {Words.Quote(descriptor.MediaType)})");
        }

        if (depth >= limits.IndexDepth)
        {
            throw origin.Refuse($"indexes lie deeper than {limits.IndexDepth} in each other");
        }

        // Of what fits, the variant that every processor can run.
        var choices = Manifests(document).Where(choice => !choice.IsAttestation).OrderBy(choice => choice.Platform?.IsPlain == false ? 1 : 0);
        return choices.Select(choice => Find(choice, depth + 1)).FirstOrDefault(recipe => recipe is not null);
    }

    private Descriptor[] Manifests(ImageDocument index)
    {
        var items = index.Items("manifests");
        _manifests += items.Count;
        if (_manifests > limits.Manifests)
        {
            throw index.Origin.Refuse($"the indexes list more than {limits.Manifests} manifests");
        }

        return items.Where(IsDocument).Select(Descriptor.Read).ToArray();
    }

    // Whatever else an index lists is to be ignored (image-spec, "Image Index", mediaType).
    private bool IsDocument(ImageDocument descriptor)
    {
        var type = descriptor.Text("mediaType") ?? "";
        var isDocument = type.Length == 0 || (type.EndsWith("json", StringComparison.Ordinal) &&
            (type.Contains("manifest", StringComparison.Ordinal) || type.Contains("index", StringComparison.Ordinal)));
        if (!isDocument)
        {
            _others.Add($"something of the type {Words.Quote(type)}");
        }

        return isDocument;
    }

    private ImageRecipe? Recipe(ImageDocument manifest)
    {
        var config = Descriptor.Read(manifest.Member("config")!);
        if (!config.MediaType.Contains("container.image.v1", StringComparison.Ordinal) && !config.MediaType.Contains("image.config.v1", StringComparison.Ordinal))
        {
            _others.Add($"something of the type {Words.Quote(config.MediaType)}");
            return null;
        }

        var bytes = _blobs.Read(config);
        var origin = source.Origin.Of($"config {config}");
        var file = ConfigFile.Read(bytes, origin);
        if (!file.Platform.Fits)
        {
            _others.Add(file.Platform.ToString());
            return null;
        }

        file.CheckUsable(limits, origin);
        // An image is known by the SHA-256 of its config, whatever its manifest names that by.
        return new() { Digest = ContentDigest.Of(bytes), ConfigBytes = bytes, Layers = Layers(manifest, file), Names = [] };
    }

    private static LayerBlob[] Layers(ImageDocument manifest, ConfigFile config)
    {
        var layers = manifest.Items("layers").Select(Descriptor.Read).ToArray();
        if (layers.Length != config.DiffIds.Count)
        {
            throw manifest.Origin.Refuse($"the manifest has {layers.Length} layers and its config {config.DiffIds.Count}");
        }

        if (layers.FirstOrDefault(layer => !IsLayer(layer.MediaType)) is { } strange)
        {
            throw manifest.Origin.Refuse($"layer {strange} is of the type {Words.Quote(strange.MediaType)}, which cannot be unpacked");
        }

        return layers.Select((layer, i) => new LayerBlob
        {
            File = layer.File,
            DiffId = config.DiffIds[i],
            Digest = layer.Digest,
            Size = layer.Size,
        }).ToArray();
    }

    // How it is compressed shows in its first bytes; that it is a tar archive, and not encrypted, does not.
    private static bool IsLayer(string mediaType) =>
        !mediaType.Contains("encrypted", StringComparison.Ordinal) &&
        (mediaType.StartsWith("application/vnd.oci.image.layer.", StringComparison.Ordinal) ||
         mediaType.StartsWith("application/vnd.docker.image.rootfs.", StringComparison.Ordinal));

    private InvalidImageException Nothing() => source.Origin.Refuse(_others.Count == 0
        ? "the layout holds no image"
        : $"no image for {Platform.Here}: it has {string.Join(", ", _others.Distinct().Take(20).Select(Words.Quote))}");
}
