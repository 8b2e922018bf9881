using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>The words for what the host refuses the image store.</summary>
internal static class StoreFailure
{
    /// <summary>A failed call in the store.</summary>
    public static SandboxException Of(string message, string path, int errno, Operation operation = Operation.UseImageStore, string? hint = null) => new(message)
    {
        Operation = operation,
        Path = path,
        Errno = Errno.Name(errno),
        Hint = hint,
    };
}

/// <summary>Where bytes that are being read come from, so that a refusal can say it.</summary>
/// <param name="Path">The archive or directory on the host.</param>
/// <param name="Part">What of it, such as <c>layer sha256:…</c>; empty for the whole.</param>
internal sealed record ImageOrigin(string Path, string Part = "")
{
    /// <summary>The same archive, another part of it.</summary>
    public ImageOrigin Of(string part) => this with { Part = part };

    /// <summary>The error for what cannot be accepted.</summary>
    public InvalidImageException Refuse(string problem) =>
        new(Part.Length == 0 ? problem : $"{Part}: {problem}") { Operation = Operation.ReadImage, Path = Path };

    /// <summary>The error for an entry of a tar archive that cannot be accepted.</summary>
    public InvalidImageException RefuseEntry(string name, string problem) => Refuse($"entry {Words.Quote(name)} {problem}");
}
