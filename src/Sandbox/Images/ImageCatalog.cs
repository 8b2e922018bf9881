using Sandbox.Hashing;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>Which images are in a store, and which one a reference means.</summary>
internal sealed class ImageCatalog(ImageDirectory store, ImageLimits limits)
{
    private const int FewestDigits = 8;

    private readonly LayerStore _layers = new(store, limits);

    /// <summary>The digests of all images, in hexadecimal.</summary>
    public IReadOnlyList<string> Digests() =>
        ImageDirectory.List(store.Configs).Where(name => ObjectName.IsDigest(name)).Order(StringComparer.Ordinal).ToArray();

    /// <summary>An image's config, or null if there is no such image.</summary>
    public ConfigFile? Config(string digest) =>
        ImageDirectory.Read($"{store.Configs}/{digest}") is { } json ? ConfigFile.Read(json, new($"{store.Configs}/{digest}")) : null;

    /// <summary>The digest in hexadecimal of the image that a name or a digest means.</summary>
    /// <exception cref="SandboxException">There is none, or more than one.</exception>
    public string Find(string reference)
    {
        var names = new NameTable(store).Read();
        var problem = ImageName.Parse(reference, out var full);
        if (problem is null && names.TryGetValue(full, out var named))
        {
            return named;
        }

        var digits = reference.StartsWith(Images.Digests.Prefix, StringComparison.Ordinal) ? reference[Images.Digests.Prefix.Length..] : reference;
        if (digits.Length >= FewestDigits && Images.Digests.IsHex(digits))
        {
            return FindByDigits(reference, digits);
        }

        throw Unknown(reference, problem is null ? ImageHints.Of(reference, [.. names.Keys.Select(ImageName.Familiar)]) : $"it is no name of an image either: {problem}");
    }

    /// <summary>All images, those used last first.</summary>
    public IReadOnlyList<ListedImage> List()
    {
        var names = new NameTable(store).Read();
        return Digests().Select(digest => Describe(digest, names)).OfType<ListedImage>()
            .OrderByDescending(image => image.Used).ThenBy(image => image.Digest, StringComparer.Ordinal).ToArray();
    }

    private ListedImage? Describe(string digest, IReadOnlyDictionary<string, string> names)
    {
        if (Config(digest) is not { } config || Libc.StatusOf($"{store.Configs}/{digest}", out var status) < 0)
        {
            return null;
        }

        var facts = config.DiffIds.Select(_layers.Facts).ToArray();
        return new()
        {
            Digest = Images.Digests.Prefix + digest,
            Names = names.Where(name => name.Value == digest).Select(name => ImageName.Familiar(name.Key)).ToArray(),
            Layers = config.DiffIds.Count,
            Bytes = facts.Sum(layer => layer?.Bytes ?? 0),
            MissingLayers = facts.Count(layer => layer is null),
            Created = config.Created,
            Used = DateTimeOffset.FromUnixTimeSeconds(status.Modified.Seconds),
        };
    }

    private string FindByDigits(string reference, string digits)
    {
        var found = Digests().Where(digest => digest.StartsWith(digits, StringComparison.Ordinal)).ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 => throw Unknown(reference, null),
            _ => throw new UnknownImageException($"{Words.Quote(reference)} is the beginning of {found.Length} images") { Operation = Operation.FindImageByDigits },
        };
    }

    /// <summary>The error for a reference that means nothing.</summary>
    public static UnknownImageException Unknown(string reference, string? why) => new($"there is no image {Words.Quote(reference)}")
    {
        Operation = Operation.FindImage,
        Hint = why ?? ImageHints.Of(reference, []),
    };
}
