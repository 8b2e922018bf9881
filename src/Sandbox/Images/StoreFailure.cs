using Sandbox.Interop;

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
