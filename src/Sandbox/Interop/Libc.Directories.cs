using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

// Directories below an open directory, and attributes of one. As everywhere: 0 or the negated errno.

internal static partial class Libc
{
    private const int RemoveDirectory = 0x200; // AT_REMOVEDIR
    private const int EventNonBlocking = 0x800; // EFD_NONBLOCK
    private const int EventCloseOnExec = 0x80000; // EFD_CLOEXEC

    /// <summary>fchmodat(2), links followed; 0 or the negated errno.</summary>
    public static int ChangeModeAt(SafeFileHandle directory, ReadOnlySpan<byte> name, int mode) => Check(fchmodat(directory, in MemoryMarshal.GetReference(name), (uint)mode, 0));

    /// <summary>mkdirat(2), mode 0755 less the umask; 0 or the negated errno.</summary>
    public static int MakeDirectoryAt(SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        Check(mkdirat(directory, in MemoryMarshal.GetReference(name), 0x1ed));

    /// <summary>unlinkat(2) of an empty directory; 0 or the negated errno.</summary>
    public static int RemoveDirectoryAt(SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        Check(unlinkat(directory, in MemoryMarshal.GetReference(name), RemoveDirectory));

    /// <summary>Whether an extended attribute of a directory of the host has this value (getxattr(2)).</summary>
    public static bool HasAttribute(string path, string name, byte value)
    {
        Span<byte> buffer = stackalloc byte[8];
        return getxattr(path, name, ref MemoryMarshal.GetReference(buffer), buffer.Length) == 1 && buffer[0] == value;
    }

    /// <summary>realpath(3); null if the file is not there.</summary>
    public static unsafe string? RealPath(string path)
    {
        var buffer = stackalloc byte[4096]; // PATH_MAX
        return realpath(path, buffer) is null ? null : Marshal.PtrToStringUTF8((nint)buffer);
    }

    /// <summary>eventfd(2), for what only tells through one; 0 or the negated errno.</summary>
    public static int CreateEvent(out SafeFileHandle file) => Take(eventfd(0, EventNonBlocking | EventCloseOnExec), out file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdirat(SafeFileHandle directory, in byte name, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmodat(SafeFileHandle directory, in byte name, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(SafeFileHandle directory, in byte name, int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint getxattr(string path, string name, ref byte value, nint size);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial byte* realpath(string path, byte* resolved);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint value, int flags);
}
