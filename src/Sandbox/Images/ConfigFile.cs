namespace Sandbox.Images;

/// <summary>An image's config, whose digest is the image's name (image-spec, "Image Configuration").</summary>
internal sealed record ConfigFile
{
    public required Platform Platform { get; init; }

    /// <summary>The layers by the digest of their content, lowest first, in hexadecimal.</summary>
    public required IReadOnlyList<string> DiffIds { get; init; }

    public required ImageConfig Config { get; init; }

    /// <summary>When it was built, as the image says; null if it does not.</summary>
    public required DateTimeOffset? Created { get; init; }

    /// <summary>Reads a config.</summary>
    /// <exception cref="InvalidImageException">It is none.</exception>
    public static ConfigFile Read(byte[] json, ImageOrigin origin)
    {
        var document = ImageDocument.Parse(json, origin);
        var rootfs = document.Member("rootfs") ?? throw origin.Refuse("no config of a container image: it names no layers");
        return new()
        {
            Platform = Platform.Read(document),
            DiffIds = rootfs.Texts("diff_ids").Select(digest => Digests.Hex(digest, origin)).ToArray(),
            Config = Read(document.Member("config")),
            Created = DateTimeOffset.TryParse(document.Text("created"), null, out var created) ? created.ToUniversalTime() : null,
        };
    }

    /// <summary>Throws for an image without layers, or with too many.</summary>
    public void CheckUsable(ImageLimits limits, ImageOrigin origin)
    {
        if (DiffIds.Count == 0)
        {
            throw origin.Refuse("the image has no layers");
        }

        if (DiffIds.Count > limits.Layers)
        {
            throw origin.Refuse($"the image has {DiffIds.Count} layers, of which {limits.Layers} can be mounted");
        }
    }

    private static ImageConfig Read(ImageDocument? config) => new()
    {
        Env = config?.Texts("Env") ?? [],
        WorkingDirectory = config?.Text("WorkingDir") ?? "",
        Entrypoint = config?.Arguments("Entrypoint") ?? [],
        Command = config?.Arguments("Cmd") ?? [],
        Volumes = config?.Names("Volumes") ?? [],
        User = config?.Text("User") ?? "",
    };
}
