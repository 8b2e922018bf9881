using Sandbox.Hashing;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>Finds the images of an archive that docker save wrote: manifest.json names a config and layers for each.</summary>
internal sealed class DockerArchiveReader(IImageSource source, ImageLimits limits)
{
    /// <summary>The file that makes an archive one of docker's.</summary>
    public const string Manifest = "manifest.json";

    private readonly BlobReader _blobs = new(source, limits);
    private readonly List<string> _others = [];

    /// <summary>Reads all of it but the layers.</summary>
    /// <exception cref="InvalidImageException">The archive is damaged, or has nothing for this machine.</exception>
    public IReadOnlyList<ImageRecipe> Read()
    {
        var images = new List<ImageRecipe>();
        foreach (var item in Items())
        {
            if (Recipe(item) is not { } recipe)
            {
                continue;
            }

            var known = images.FindIndex(image => image.Digest == recipe.Digest);
            if (known < 0)
            {
                images.Add(recipe);
            }
            else
            {
                images[known] = images[known] with { Names = [.. images[known].Names, .. recipe.Names] };
            }
        }

        return images.Count > 0 ? images : throw source.Origin.Refuse(_others.Count == 0
            ? "the archive holds no image"
            : $"no image for {Platform.Here}: it has {string.Join(", ", _others.Distinct().Take(20).Select(Words.Quote))}");
    }

    /// <summary>Which names belong to which config, by the file of it; empty where there is no manifest.json.</summary>
    public IReadOnlyList<(string Config, IReadOnlyList<string> Names)> Names() =>
        Items().Select(item => (item.Text("Config") ?? "", item.Texts("RepoTags"))).ToArray();

    private IReadOnlyList<ImageDocument> Items()
    {
        if (_blobs.Find(Manifest) is not { } json)
        {
            return [];
        }

        var origin = source.Origin.Of(Manifest);
        var document = ImageDocument.Parse(json, origin);
        if (document.IsObject)
        {
            throw origin.Refuse("it describes one image by itself, as in a directory of skopeo's dir: transport; copy it to oci: or docker-archive: instead");
        }

        var items = document.Items();
        return items.Count <= limits.Manifests ? items : throw origin.Refuse($"it lists more than {limits.Manifests} images");
    }

    // Null if it is for another machine.
    private ImageRecipe? Recipe(ImageDocument item)
    {
        var name = item.Text("Config") ?? throw item.Origin.Refuse("an image has no config");
        var origin = source.Origin.Of($"config {Words.Quote(name)}");
        var bytes = _blobs.Find(name) ?? throw origin.Refuse("it is missing");
        // The old "ID.json", the new "blobs/sha256/ID" and the "sha256:ID" of kaniko, ko and crane are named by their digest.
        var claimed = name[(name.LastIndexOfAny(['/', ':']) + 1)..].Replace(".json", "", StringComparison.Ordinal);
        if ((ObjectName.IsDigest(claimed) || (Digests.IsLong(claimed) && Digests.IsHex(claimed))) && claimed != Digests.Of(bytes, like: claimed, origin))
        {
            throw origin.Refuse("it is damaged: its content has another digest");
        }

        var config = ConfigFile.Read(bytes, origin);
        if (!config.Platform.Fits)
        {
            _others.Add(config.Platform.ToString());
            return null;
        }

        config.CheckUsable(limits, origin);
        var layers = item.Texts("Layers");
        if (layers.Count != config.DiffIds.Count)
        {
            throw item.Origin.Refuse($"an image has {layers.Count} layers and its config {config.DiffIds.Count}");
        }

        return new()
        {
            Digest = ContentDigest.Of(bytes),
            ConfigBytes = bytes,
            Layers = layers.Select((file, i) => new LayerBlob { File = file, DiffId = config.DiffIds[i] }).ToArray(),
            Names = item.Texts("RepoTags"),
        };
    }
}
