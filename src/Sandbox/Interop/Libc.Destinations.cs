using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

// Directories that are written to, and files that get their name when they are whole. As everywhere: 0 or the negated errno.

internal static partial class Libc
{
    private const int FollowLinks = 0x400; // AT_SYMLINK_FOLLOW
    private static readonly SafeFileHandle s_currentDirectory = new(CurrentDirectory, ownsHandle: false);

    /// <summary>openat2(2) of an absolute path in which no component is a link; 0 or the negated errno.</summary>
    public static int OpenWithoutLinks(ReadOnlySpan<byte> path, int flags, out SafeFileHandle file) =>
        OpenAt2(s_currentDirectory, path, flags, OpenHow.NoSymlinks | OpenHow.NoMagicLinks, out file);

    /// <summary>mkdirat(2), mode 0777 less the umask; 0 or the negated errno.</summary>
    public static int MakeSharedDirectoryAt(SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        Check(mkdirat(directory, in MemoryMarshal.GetReference(name), 0x1ff));

    /// <summary>Whether the caller may make and remove names in an open directory (faccessat(2), with the effective ids).</summary>
    public static bool CanWriteIn(SafeFileHandle directory) => FileAccess(directory, ".", WriteOk, EffectiveIds) == 0;

    /// <summary>open(2) with O_TMPFILE: a file without a name in a directory, gone with its last descriptor; 0 or the negated errno.</summary>
    public static int CreateNamelessAt(SafeFileHandle directory, int mode, out SafeFileHandle file)
    {
        var flags = OpenFlags.WriteOnly | OpenFlags.Nameless | OpenFlags.CloseOnExec;
        return Take(openat(directory, in MemoryMarshal.GetReference(".\0"u8), flags, mode), out file);
    }

    /// <summary>
    /// linkat(2): gives an open file without a name one, which must be free. Through /proc, since by the descriptor alone
    /// (AT_EMPTY_PATH) it needs CAP_DAC_READ_SEARCH before Linux 6.10. 0 or the negated errno.
    /// </summary>
    public static int NameAt(SafeFileHandle file, SafeFileHandle directory, string name) =>
        Check(linkat(CurrentDirectory, $"/proc/self/fd/{file.DangerousGetHandle()}", directory, name, FollowLinks));

    /// <summary>openat(2) of a file to write from its start, made with mode 0644 less the umask if it is missing; neither a link nor a FIFO without a reader (ENXIO) is waited for or followed. 0 or the negated errno.</summary>
    public static int OpenToReplaceAt(SafeFileHandle directory, string name, out SafeFileHandle file)
    {
        var flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal | OpenFlags.CloseOnExec;
        return Take(CreateIn(directory, name, flags, 0x1a4), out file);
    }

    /// <summary>Opens anew, to write from its start, the very file that is open (O_PATH or not): through procfs, so that no name is looked up. 0 or the negated errno.</summary>
    public static int OpenAgainToReplace(SafeFileHandle file, out SafeFileHandle again)
    {
        var flags = OpenFlags.WriteOnly | OpenFlags.Truncate | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal | OpenFlags.CloseOnExec;
        return Take(CreateIn(s_currentDirectory, $"/proc/self/fd/{file.DangerousGetHandle()}", flags, 0), out again);
    }

    /// <summary>Clears O_NONBLOCK (fcntl(2)); 0 or the negated errno.</summary>
    public static int MakeBlocking(SafeFileHandle file)
    {
        const int getFlags = 3, setFlags = 4; // F_GETFL, F_SETFL
        var flags = Check(fcntl(file, getFlags, 0));
        return flags < 0 ? flags : Math.Min(Check(fcntl(file, setFlags, flags & ~OpenFlags.NonBlocking)), 0);
    }

    [LibraryImport("libc", EntryPoint = "faccessat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileAccess(SafeFileHandle directory, string path, int mode, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int linkat(int fromDirectory, string from, SafeFileHandle directory, string name, int flags);
}
