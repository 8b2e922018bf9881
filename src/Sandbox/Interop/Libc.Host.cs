using System.Runtime.InteropServices;

namespace Sandbox.Interop;

internal static partial class Libc
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int WriteOk = 2;          // W_OK
    private const int EffectiveIds = 0x200; // AT_EACCESS

    /// <summary>Whether the caller may write there now: mode bits, ACLs and read-only mounts included.</summary>
    public static bool CanWrite(string path) => FileAccess(CurrentFolder, path, WriteOk, EffectiveIds) == 0;

    [LibraryImport("libc", EntryPoint = "faccessat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileAccess(int folder, string path, int mode, int flags);
}
