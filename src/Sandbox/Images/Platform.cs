using System.Runtime.InteropServices;

namespace Sandbox.Images;

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
