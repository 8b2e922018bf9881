namespace Sandbox.Images;

/// <summary>How a document names another (image-spec, "Content Descriptors").</summary>
internal sealed record Descriptor
{
    private const string ImageNameAnnotation = "io.containerd.image.name";
    private const string ReferenceAnnotation = "org.opencontainers.image.ref.name";
    private const string AttestationAnnotation = "vnd.docker.reference.type";

    public required string MediaType { get; init; }

    /// <summary>SHA-256 or SHA-512 in hexadecimal.</summary>
    public required string Digest { get; init; }

    public required long Size { get; init; }

    /// <summary>Null if it does not say.</summary>
    public required Platform? Platform { get; init; }

    /// <summary>The names it gives to an image, as they stand.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>It is about another image: a signature, or a list of what is in it.</summary>
    public required bool IsAttestation { get; init; }

    /// <summary>The file in a layout.</summary>
    public string File => Digests.File(Digest);

    /// <summary>Reads a descriptor.</summary>
    public static Descriptor Read(ImageDocument document)
    {
        var platform = document.Member("platform");
        var annotations = document.Member("annotations");
        return new()
        {
            MediaType = document.Text("mediaType") ?? "",
            Digest = Digests.Hex(document.Text("digest") ?? "", document.Origin),
            Size = document.Number("size") ?? throw document.Origin.Refuse("a descriptor has no size"),
            Platform = platform is null ? null : Images.Platform.Read(platform),
            Names = annotations is null ? [] : ReadNames(annotations),
            IsAttestation = annotations?.Has(AttestationAnnotation) == true || platform?.Text("os") == "unknown",
        };
    }

    public override string ToString() => Digests.Text(Digest);

    // The reference is often no more than a tag: then only the other annotation is a name.
    private static string[] ReadNames(ImageDocument annotations)
    {
        if (annotations.Text(ImageNameAnnotation) is { } name)
            return [name];

        return annotations.Text(ReferenceAnnotation) is { } reference && reference.AsSpan().IndexOfAny('/', ':') >= 0 ? [reference] : [];
    }
}
