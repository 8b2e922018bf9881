using Sandbox.Planning;

namespace Sandbox.Images;

/// <summary>Finds the images of an archive that docker save wrote: manifest.json names a config and layers for each.</summary>
internal sealed class DockerArchiveReader(IImageSource source, ImageLimits limits)
{
    /// <summary>The file that makes an archive one of docker's.</summary>
    public const string Manifest = "manifest.json";

    private readonly BlobReader _blobs = new(source, limits);

    /// <summary>Reads all of it but the layers.</summary>
    /// <exception cref="InvalidImageException">The archive is damaged, or has nothing for this machine.</exception>
    public IReadOnlyList<ImageRecipe> Read()
    {
        var images = new List<ImageRecipe>();
        foreach (var item in Items())
        {
            var recipe = Recipe(item);
            if (!images.Exists(image => image.Digest == recipe.Digest))
                images.Add(recipe);
        }

        return images.Count > 0 ? images : throw source.Origin.Refuse("the archive holds no image");
    }

    /// <summary>Which names belong to which config, by the file of it; empty where there is no manifest.json.</summary>
    public IReadOnlyList<(string Config, IReadOnlyList<string> Names)> Names() =>
        Items().Select(item => (item.Text("Config") ?? "", item.Texts("RepoTags"))).ToArray();

    private IReadOnlyList<ImageDocument> Items()
    {
        if (_blobs.Find(Manifest) is not { } json)
            return [];

        var origin = source.Origin.Of(Manifest);
        var items = ImageDocument.Parse(json, origin).Items();
        return items.Count <= limits.Manifests ? items : throw origin.Refuse($"it lists more than {limits.Manifests} images");
    }

    private ImageRecipe Recipe(ImageDocument item)
    {
        var name = item.Text("Config") ?? throw item.Origin.Refuse("an image has no config");
        var origin = source.Origin.Of($"config {Words.Quote(name)}");
        var bytes = _blobs.Find(name) ?? throw origin.Refuse("it is missing");
        var digest = StreamDigest.Of(bytes);
        // The old "ID.json", the new "blobs/sha256/ID" and the "sha256:ID" of kaniko, ko and crane are named by their digest.
        var claimed = name[(name.LastIndexOfAny(['/', ':']) + 1)..].Replace(".json", "", StringComparison.Ordinal);
        if (Digests.IsWhole(claimed) && claimed != digest)
            throw origin.Refuse("it is damaged: its content has another digest");

        var config = ConfigFile.Read(bytes, origin);
        config.CheckUsable(limits, origin);
        var layers = item.Texts("Layers");
        if (layers.Count != config.DiffIds.Count)
            throw item.Origin.Refuse($"an image has {layers.Count} layers and its config {config.DiffIds.Count}");

        return new()
        {
            Digest = digest,
            ConfigBytes = bytes,
            Layers = layers.Select((file, i) => new LayerBlob { File = file, DiffId = config.DiffIds[i] }).ToArray(),
            Names = item.Texts("RepoTags"),
        };
    }
}
