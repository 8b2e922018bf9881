using System.Runtime.InteropServices;
using Sandbox.Hashing;
using Sandbox.Text;

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
        {
            return [name];
        }

        return annotations.Text(ReferenceAnnotation) is { } reference && reference.AsSpan().IndexOfAny('/', ':') >= 0 ? [reference] : [];
    }
}

/// <summary>What an image runs on, in the words of Go (image-spec, "Image Index", platform).</summary>
internal sealed record Platform(string Os, string Architecture, string Variant)
{
    /// <summary>This machine.</summary>
    public static Platform Here { get; } = new("linux", Name(RuntimeInformation.ProcessArchitecture), "");

    /// <summary>Programs for it run here. What is not said is this machine's: docker load takes such images too.</summary>
    public bool Fits => (Os.Length == 0 || Os == Here.Os) && (Architecture.Length == 0 || Architecture == Here.Architecture);

    /// <summary>Every processor of this architecture can run it; others want newer ones, such as amd64/v3.</summary>
    public bool IsPlain => Variant is "" or "v1" or "v8";

    public override string ToString() => Variant.Length == 0 ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    /// <summary>Reads the members of a config or of a descriptor's platform; the kernel's words for an architecture are Go's, as for containerd.</summary>
    public static Platform Read(ImageDocument document) => new(document.Text("os") ?? "", (document.Text("architecture") ?? "") switch
    {
        "x86_64" or "x86-64" => "amd64",
        "aarch64" => "arm64",
        var other => other,
    }, document.Text("variant") ?? "");

    private static string Name(Architecture architecture) => architecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        _ => architecture.ToString(),
    };
}

/// <summary>
/// Digests as images write them (image-spec, "Digest", registered algorithms): <c>sha256:</c> and 64 hexadecimal digits in lower case, or
/// <c>sha512:</c> and 128. Apart from documents the digits stand alone, since their number says which it is.
/// </summary>
internal static class Digests
{
    /// <summary>What stands before the digits of a name in the store.</summary>
    public const string Prefix = ObjectName.Prefix;

    private const string LongPrefix = "sha512:";
    private const int Digits = 64;
    private const int LongDigits = 128;

    /// <summary>The digits of a digest.</summary>
    /// <exception cref="InvalidImageException">It is none, or of another kind.</exception>
    public static string Hex(string digest, ImageOrigin origin)
    {
        var hex = digest[Math.Min(Prefix.Length, digest.Length)..];
        if (IsHex(hex) && ((hex.Length == Digits && digest.StartsWith(Prefix, StringComparison.Ordinal)) || (IsLong(hex) && digest.StartsWith(LongPrefix, StringComparison.Ordinal))))
        {
            return hex;
        }

        throw origin.Refuse($"{Words.Quote(digest)} is no digest that can be checked: sha256 and sha512 are known");
    }

    /// <summary>The digits are those of a SHA-512.</summary>
    public static bool IsLong(string hex) => hex.Length == LongDigits;

    /// <summary>As documents have it.</summary>
    public static string Text(string hex) => (IsLong(hex) ? LongPrefix : Prefix) + hex;

    /// <summary>The file of a blob in a layout.</summary>
    public static string File(string hex) => (IsLong(hex) ? "blobs/sha512/" : "blobs/sha256/") + hex;

    /// <summary>All of it are hexadecimal digits in lower case.</summary>
    public static bool IsHex(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(s_hex) < 0;

    /// <summary>Starts a digest of the same kind as one that the bytes shall have.</summary>
    /// <param name="hex">That one.</param>
    /// <param name="expectedBytes">About how many there are.</param>
    /// <param name="origin">Where they come from.</param>
    /// <exception cref="InvalidImageException">It is a SHA-512, which this host cannot compute.</exception>
    public static ContentDigest Like(string hex, long expectedBytes, ImageOrigin origin) => !IsLong(hex) ? new(expectedBytes)
        : ContentDigest.TrySha512() ?? throw origin.Refuse("its digest is a sha512, and this host has no OpenSSL (libcrypto) to check it with");

    /// <summary>The digest of bytes that are all there, of the kind of another.</summary>
    /// <exception cref="InvalidImageException">It cannot be computed here.</exception>
    public static string Of(ReadOnlySpan<byte> bytes, string like, ImageOrigin origin)
    {
        var digest = Like(like, bytes.Length, origin);
        digest.Add(bytes);
        return digest.Finish();
    }

    /// <summary>The first digits, enough for people.</summary>
    public static string Short(string hex) => hex[..12];

    private static readonly System.Buffers.SearchValues<char> s_hex = System.Buffers.SearchValues.Create("0123456789abcdef");
}
