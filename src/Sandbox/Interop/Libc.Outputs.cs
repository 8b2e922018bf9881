using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

// What collecting needs: files of the host made below an open directory, holes, and what lies in a directory without
// following it. As everywhere: 0 or the negated errno.

internal static partial class Libc
{
    private const int SeekCurrent = 1;
    private const int SeekDataFrom = 3; // SEEK_DATA
    private const int SeekHoleFrom = 4; // SEEK_HOLE
    private const int NoFollowLink = 0x100; // AT_SYMLINK_NOFOLLOW

    /// <summary>open(2) for reading by a path of the host, with more flags; 0 or the negated errno.</summary>
    public static int OpenPath(ReadOnlySpan<byte> path, int flags, out SafeFileHandle file) =>
        Take(open(in MemoryMarshal.GetReference(path), flags | OpenFlags.CloseOnExec, 0), out file);

    /// <summary>renameat(2) within a directory; 0 or the negated errno.</summary>
    public static int RenameAt(SafeFileHandle directory, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) =>
        Check(renameat(directory, in MemoryMarshal.GetReference(from), directory, in MemoryMarshal.GetReference(to)));

    /// <summary>unlinkat(2) of a file; 0 or the negated errno.</summary>
    public static int UnlinkAt(SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        Check(unlinkat(directory, in MemoryMarshal.GetReference(name), 0));

    /// <summary>ftruncate(2); 0 or the negated errno.</summary>
    public static int SetLength(SafeFileHandle file, long length) => ftruncate(file, length) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>lseek(2) from where the file stands; 0 or the negated errno.</summary>
    public static int Skip(SafeFileHandle file, long bytes) =>
        lseek(file, bytes, SeekCurrent) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Where the file stands (lseek(2)); the negated errno.</summary>
    public static long Tell(SafeFileHandle file) => SeekFor(file, 0, SeekCurrent);

    /// <summary>Moves to the next data at or after an offset, and says where that is; the negated errno, ENXIO if there is none (lseek(2)).</summary>
    public static long SeekData(SafeFileHandle file, long offset) => SeekFor(file, offset, SeekDataFrom);

    /// <summary>Where the next hole at or after an offset begins, the end of the file at the latest; or the negated errno.</summary>
    public static long FindHole(SafeFileHandle file, long offset) => SeekFor(file, offset, SeekHoleFrom);

    /// <summary>statx(2) of a name in a directory, of a link itself; 0 or the negated errno.</summary>
    public static int LinkStatusAt(SafeFileHandle directory, ReadOnlySpan<byte> name, out FileStatus status) =>
        Check(statx(directory, in MemoryMarshal.GetReference(name), NoFollowLink | AtStatxDontSync, StatxBasicStats, out status));

    /// <summary>readlinkat(2); the count of bytes or the negated errno.</summary>
    public static int ReadLinkAt(SafeFileHandle directory, ReadOnlySpan<byte> name, Span<byte> text) =>
        Check(readlinkat(directory, in MemoryMarshal.GetReference(name), ref MemoryMarshal.GetReference(text), text.Length));

    /// <summary>Whether an extended attribute of an open directory, O_PATH or not, is this one byte; null means is there at all (getxattr(2)).</summary>
    private static bool HasAttribute(SafeFileHandle file, string name, byte? value)
    {
        // fgetxattr(2) refuses O_PATH descriptors; through the magic link it is the very same file.
        Span<byte> buffer = stackalloc byte[8];
        var size = getxattr($"/proc/self/fd/{file.DangerousGetHandle()}", name, ref MemoryMarshal.GetReference(buffer), buffer.Length);
        return value is { } wanted ? size == 1 && buffer[0] == wanted : size >= 0;
    }

    private static long SeekFor(SafeFileHandle file, long offset, int whence)
    {
        var found = lseek(file, offset, whence);
        return found < 0 ? -Marshal.GetLastPInvokeError() : found;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int renameat(SafeFileHandle fromDirectory, in byte from, SafeFileHandle toDirectory, in byte to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlinkat(SafeFileHandle directory, in byte name, ref byte text, nint size);
}
