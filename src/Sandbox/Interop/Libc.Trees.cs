using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

// Making and removing files in an open directory. A name here is one component, so nothing is resolved through a
// link; none of the calls follows one that is at the name either. As everywhere: 0 or the negated errno.

internal static partial class Libc
{
    private const int NoFollowLinks = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int FifoMode = 0x1000 | 0x180; // S_IFIFO | 0600
    private const int CharacterDeviceMode = 0x2000; // S_IFCHR

    // Of mounts with userxattr, as all of the sandbox's are: in a user namespace the kernel refuses trusted.* (overlayfs.rst, "User xattr").
    private const string OpaqueAttribute = "user.overlay.opaque";
    private const string WhiteoutAttribute = "user.overlay.whiteout";

    // A function of glibc since 2.33 only.
    private static readonly nint s_mknodat = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 33 : 259;

    private static FileTime Omit => new(0, 0x3ffffffe); // UTIME_OMIT

    /// <summary>openat(2) of a new file to write, mode 0600; 0 or the negated errno.</summary>
    public static int CreateAt(SafeFileHandle directory, ReadOnlySpan<byte> name, out SafeFileHandle file)
    {
        var flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow | OpenFlags.CloseOnExec;
        return Take(openat(directory, in MemoryMarshal.GetReference(name), flags, 0x180), out file);
    }

    /// <summary>openat(2) of a new file to write and read, mode 0600; 0 or the negated errno.</summary>
    public static int CreateToReadAt(SafeFileHandle directory, ReadOnlySpan<byte> name, out SafeFileHandle file)
    {
        const int readWrite = 2;
        var flags = readWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow | OpenFlags.CloseOnExec;
        return Take(openat(directory, in MemoryMarshal.GetReference(name), flags, 0x180), out file);
    }

    /// <summary>mkdirat(2), mode 0700; 0 or the negated errno.</summary>
    public static int MakePrivateDirectoryAt(SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        Check(mkdirat(directory, in MemoryMarshal.GetReference(name), 0x1c0));

    /// <summary>symlinkat(2); 0 or the negated errno.</summary>
    public static int MakeLinkAt(SafeFileHandle directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) =>
        Check(symlinkat(in MemoryMarshal.GetReference(target), directory, in MemoryMarshal.GetReference(name)));

    /// <summary>linkat(2): another name for a file; 0 or the negated errno.</summary>
    public static int MakeHardLinkAt(SafeFileHandle fromDirectory, ReadOnlySpan<byte> from, SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        Check(linkat(fromDirectory, in MemoryMarshal.GetReference(from), directory, in MemoryMarshal.GetReference(name), 0));

    /// <summary>mkfifoat(3), mode 0600; 0 or the negated errno.</summary>
    public static int MakeFifoAt(SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        Check(mknodat(s_mknodat, directory, in MemoryMarshal.GetReference(name), FifoMode, 0));

    /// <summary>The character device 0:0 (mknod(2)); needs no privilege since Linux 5.8. 0 or the negated errno.</summary>
    public static int MakeWhiteoutAt(SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        Check(mknodat(s_mknodat, directory, in MemoryMarshal.GetReference(name), CharacterDeviceMode, 0));

    /// <summary>renameat(2); 0 or the negated errno.</summary>
    public static int RenameAt(SafeFileHandle fromDirectory, ReadOnlySpan<byte> from, SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        Check(renameat(fromDirectory, in MemoryMarshal.GetReference(from), directory, in MemoryMarshal.GetReference(name)));

    /// <summary>statx(2) of what is at a name, a link itself; 0 or the negated errno.</summary>
    public static int StatusOfName(SafeFileHandle directory, ReadOnlySpan<byte> name, out FileStatus status) =>
        Check(statx(directory, in MemoryMarshal.GetReference(name), NoFollowLinks, StatxBasicStats, out status));

    /// <summary>readlink(2) of an open link (O_PATH | O_NOFOLLOW); the length or the negated errno.</summary>
    public static int ReadLink(SafeFileHandle link, Span<byte> target) =>
        Check(readlinkat(link, in MemoryMarshal.GetReference("\0"u8), ref MemoryMarshal.GetReference(target), target.Length));

    /// <summary>fchmod(2); 0 or the negated errno.</summary>
    public static int ChangeMode(SafeFileHandle file, int mode) => Check(fchmod(file, (uint)mode));

    /// <summary>fchown(2); 0 or the negated errno.</summary>
    public static int ChangeOwner(SafeFileHandle file, uint uid, uint gid) => Check(fchown(file, uid, gid));

    /// <summary>fchownat(2) of what is at a name, a link itself; 0 or the negated errno.</summary>
    public static int ChangeOwnerAt(SafeFileHandle directory, ReadOnlySpan<byte> name, uint uid, uint gid) =>
        Check(fchownat(directory, in MemoryMarshal.GetReference(name), uid, gid, NoFollowLinks));

    /// <summary>futimens(3): the time of last access is left; 0 or the negated errno.</summary>
    public static int SetModified(SafeFileHandle file, FileTime modified)
    {
        Span<FileTime> times = [Omit, modified];
        return Check(futimens(file, in MemoryMarshal.GetReference(times)));
    }

    /// <summary>utimensat(2) of what is at a name, a link itself; 0 or the negated errno.</summary>
    public static int SetModifiedAt(SafeFileHandle directory, ReadOnlySpan<byte> name, FileTime modified)
    {
        Span<FileTime> times = [Omit, modified];
        return Check(utimensat(directory, in MemoryMarshal.GetReference(name), in MemoryMarshal.GetReference(times), NoFollowLinks));
    }

    /// <summary>Marks a directory as one that hides what lower layers have in it; 0 or the negated errno.</summary>
    public static int MakeOpaque(SafeFileHandle directory) => Check(fsetxattr(directory, OpaqueAttribute, (byte)'y', 1, 0));

    /// <summary>A directory of the host is so marked.</summary>
    public static bool IsOpaque(string directory) => HasAttribute(directory, OpaqueAttribute, (byte)'y');

    /// <summary>An open directory, O_PATH or not, is so marked.</summary>
    public static bool IsOpaque(SafeFileHandle directory) => HasAttribute(directory, OpaqueAttribute, (byte)'y');

    /// <summary>
    /// What is open stands for the absence of a file: the character device 0:0, or an empty file that says so, for those who may not make device nodes
    /// (overlayfs.rst, "whiteouts and opaque directories", Linux 6.7).
    /// </summary>
    /// <remarks>
    /// The directory of such files is to be marked as having some, but only a listing asks for that (ovl_cache_entry_new); a lookup does not
    /// (ovl_path_is_whiteout), and what cannot be looked up is not there.
    /// </remarks>
    public static bool IsWhiteout(SafeFileHandle file, in FileStatus status) =>
        status.IsWhiteout || (status is { Kind: FileKind.Regular, Size: 0 } && HasAttribute(file, WhiteoutAttribute, null));

    /// <summary>syncfs(2): everything written to this file system so far is on the disk; 0 or the negated errno.</summary>
    public static int SyncFileSystem(SafeFileHandle file) => Check(syncfs(file));

    /// <summary>fsync(2); 0 or the negated errno.</summary>
    public static int Sync(SafeFileHandle file) => Check(fsync(file));

    [LibraryImport("libc", SetLastError = true)]
    private static partial int symlinkat(in byte target, SafeFileHandle directory, in byte name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int linkat(SafeFileHandle fromDirectory, in byte from, SafeFileHandle directory, in byte name, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint mknodat(nint number, SafeFileHandle directory, in byte name, nint mode, nint device);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(SafeFileHandle file, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(SafeFileHandle file, uint uid, uint gid);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchownat(SafeFileHandle directory, in byte name, uint uid, uint gid, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int futimens(SafeFileHandle file, in FileTime times);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int utimensat(SafeFileHandle directory, in byte name, in FileTime times, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int fsetxattr(SafeFileHandle file, string name, in byte value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);
}
