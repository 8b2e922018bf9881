using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

// Names in an open directory, as the store of files needs them. As everywhere: 0 or a count, or the negated errno.

internal static partial class Libc
{
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const nuint CloneFile = 0x40049409; // FICLONE (ioctl_ficlone(2)), equal on x86_64 and aarch64

    /// <summary>openat(2) with O_CREAT and O_EXCL; 0 or the negated errno.</summary>
    public static int CreateAt(SafeFileHandle directory, string name, int mode, out SafeFileHandle file)
    {
        var flags = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow | OpenFlags.CloseOnExec;
        return Take(CreateIn(directory, name, flags, mode), out file);
    }

    /// <summary>openat(2) for reading, a link as the last component not followed; 0 or the negated errno.</summary>
    public static int OpenToReadAt(SafeFileHandle directory, string name, out SafeFileHandle file) =>
        Take(CreateIn(directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, 0), out file);

    /// <summary>openat(2) of a file to lock, made with mode 0600 if it is missing; 0 or the negated errno.</summary>
    public static int OpenToLockAt(SafeFileHandle directory, string name, out SafeFileHandle file) =>
        Take(CreateIn(directory, name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow | OpenFlags.CloseOnExec, 0x180), out file);

    /// <summary>statx(2) of a name in a directory, links not followed; 0 or the negated errno.</summary>
    public static int StatusIn(SafeFileHandle directory, string name, out FileStatus status) =>
        Check(StatusIn(directory, name, NoFollow, StatxBasicStats, out status));

    /// <summary>renameat(2); 0 or the negated errno.</summary>
    public static int RenameAt(SafeFileHandle from, string name, SafeFileHandle to, string newName) => Check(renameat(from, name, to, newName));

    /// <summary>unlinkat(2) of what is no directory; 0 or the negated errno.</summary>
    public static int UnlinkAt(SafeFileHandle directory, string name) => Check(UnlinkIn(directory, name, 0));

    /// <summary>symlinkat(2); 0 or the negated errno.</summary>
    public static int LinkAt(string text, SafeFileHandle directory, string name) => Check(symlinkat(text, directory, name));

    /// <summary>readlinkat(2), cut at the length of the buffer; the count or the negated errno.</summary>
    public static int LinkTextAt(SafeFileHandle directory, string name, Span<byte> text) =>
        Check(readlinkat(directory, name, ref MemoryMarshal.GetReference(text), text.Length));

    /// <summary>utimensat(2): sets the times of a name in a directory, the link's own if it is one, to now; 0 or the negated errno.</summary>
    public static int TouchAt(SafeFileHandle directory, string name) => Check(utimensat(directory, name, 0, NoFollow));

    /// <summary>
    /// Makes an empty file share the blocks of another one of the same file system (ioctl_ficlone(2)); 0, or the negated errno where the file
    /// system cannot do that.
    /// </summary>
    public static int Clone(SafeFileHandle source, SafeFileHandle empty) => Check(CloneInto(empty, CloneFile, source));

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateIn(SafeFileHandle directory, string name, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusIn(SafeFileHandle directory, string name, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat(SafeFileHandle from, string name, SafeFileHandle to, string newName);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkIn(SafeFileHandle directory, string name, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int symlinkat(string text, SafeFileHandle directory, string name);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint readlinkat(SafeFileHandle directory, string name, ref byte text, nint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int utimensat(SafeFileHandle directory, string name, nint times, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int CloneInto(SafeFileHandle file, nuint request, SafeFileHandle source);
}
