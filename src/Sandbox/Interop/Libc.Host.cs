using System.Runtime.InteropServices;

namespace Sandbox.Interop;

internal static partial class Libc
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const int LinkItself = 0x100;   // AT_SYMLINK_NOFOLLOW
    private const int WriteOk = 2;          // W_OK
    private const int EffectiveIds = 0x200; // AT_EACCESS

    /// <summary>Whether the caller may write there now: mode bits, ACLs and read-only mounts included.</summary>
    public static bool CanWrite(string path) => FileAccess(CurrentDirectory, path, WriteOk, EffectiveIds) == 0;

    /// <summary>statx(2) of a path of the host, through links; 0 or the negated errno.</summary>
    public static int StatusOf(string path, out FileStatus status) =>
        Check(StatusOf(CurrentDirectory, path, 0, StatxBasicStats, out status));

    /// <summary>The same of a link itself.</summary>
    public static int LinkStatusOf(string path, out FileStatus status) =>
        Check(StatusOf(CurrentDirectory, path, LinkItself, StatxBasicStats, out status));

    [LibraryImport("libc", EntryPoint = "faccessat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileAccess(int directory, string path, int mode, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusOf(int directory, string path, int flags, uint mask, out FileStatus status);
}
