using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>The words for what the host refuses the image store.</summary>
internal static class StoreFailure
{
    /// <summary>A failed call in the store.</summary>
    public static SandboxException Of(string message, string path, int errno, string? hint = null) => new(message)
    {
        Phase = "image",
        Step = "use the image store",
        Path = path,
        Errno = Errno.Name(errno),
        Hint = hint ?? HintFor(errno),
    };

    private static string? HintFor(int errno) => errno switch
    {
        Errno.ENOSPC => "\"sandbox image gc\" and \"sandbox image rm\" free what images take; SANDBOX_STORE names a folder on another disk",
        Errno.EACCES or 30 /* EROFS */ => "SANDBOX_STORE names another folder for images",
        Errno.EMFILE => "raise ulimit -n",
        _ => null,
    };
}

/// <summary>Where bytes that are being read come from, so that a refusal can say it.</summary>
/// <param name="Path">The archive or folder on the host.</param>
/// <param name="Part">What of it, such as <c>layer sha256:…</c>; empty for the whole.</param>
internal sealed record ImageOrigin(string Path, string Part = "")
{
    /// <summary>The same archive, another part of it.</summary>
    public ImageOrigin Of(string part) => this with { Part = part };

    /// <summary>The error for what cannot be accepted.</summary>
    public InvalidImageException Refuse(string problem) =>
        new(Part.Length == 0 ? problem : $"{Part}: {problem}") { Phase = "image", Step = "read the image", Path = Path };

    /// <summary>The error for an entry of a tar archive that cannot be accepted.</summary>
    public InvalidImageException RefuseEntry(string name, string problem) => Refuse($"entry {Words.Quote(name)} {problem}");
}
