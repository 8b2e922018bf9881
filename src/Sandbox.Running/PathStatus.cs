using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Running;

/// <summary>Of statx(2) what the framework does not tell: whose a path is, and of what kind; a link is not followed.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly partial struct PathStatus
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const int NoFollow = 0x100;        // AT_SYMLINK_NOFOLLOW
    private const int EmptyPath = 0x1000;      // AT_EMPTY_PATH
    private const uint TypeModeAndOwner = 0xb; // STATX_TYPE | STATX_MODE | STATX_UID

    private const uint InodeAndMount = 0x1100; // STATX_INO | STATX_MNT_ID

    [FieldOffset(0)]
    private readonly uint _known;

    [FieldOffset(20)]
    private readonly uint _uid;

    [FieldOffset(28)]
    private readonly ushort _mode;

    [FieldOffset(32)]
    private readonly ulong _inode;

    [FieldOffset(128)]
    private readonly ulong _represented;

    [FieldOffset(136)]
    private readonly ulong _device;

    [FieldOffset(144)]
    private readonly ulong _mount;

    /// <summary>It is /dev/tty, or another node of the same device: the terminal of whoever opens it (tty(4)).</summary>
    public bool IsControllingTerminal => (_mode & 0xf000) == 0x2000 && _represented == 5;

    /// <summary>It is a socket.</summary>
    public bool IsSocket => (_mode & 0xf000) == 0xc000;

    /// <summary>The status of a path; null if there is nothing to be seen.</summary>
    public static PathStatus? Of(string path) => statx(CurrentDirectory, path, NoFollow, TypeModeAndOwner, out var status) == 0 ? status : null;

    /// <summary>The status of an open file; null if it cannot be had.</summary>
    public static PathStatus? Of(SafeFileHandle file) => statx(file, "", EmptyPath, TypeModeAndOwner, out var status) == 0 ? status : null;

    /// <summary>What no other file has, with the mount that it is seen in; links are followed. Null if there is nothing to be seen.</summary>
    public static string? IdentityOf(string path) =>
        statx(CurrentDirectory, path, 0, InodeAndMount, out var status) == 0 && (status._known & InodeAndMount) == InodeAndMount
            ? $"{status._device:x}:{status._inode}:{status._mount}"
            : null;

    /// <summary>The device and the inode of what a path leads to, in decimal with a colon between them, as JOURNAL_STREAM has them; null if there is nothing to be seen.</summary>
    public static string? DeviceAndInodeOf(string path) =>
        statx(CurrentDirectory, path, 0, InodeAndMount, out var status) == 0 ? $"{MakeDevice(status._device)}:{status._inode}" : null;

    // As stat(2) has it in one number (makedev(3)).
    private static ulong MakeDevice(ulong majorAndMinor)
    {
        var (major, minor) = (majorAndMinor & uint.MaxValue, majorAndMinor >> 32);
        return (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xfful) << 12) | ((major & ~0xffful) << 32);
    }

    /// <summary>It is a directory of this user, and nobody else may do anything in it.</summary>
    public bool IsPrivateDirectory => (_mode & 0xf000) == 0x4000 && (_mode & 0x3f) == 0 && _uid == geteuid();

    /// <summary>It is a regular file.</summary>
    public bool IsRegularFile => (_mode & 0xf000) == 0x8000;

    /// <summary>It belongs to this user, or to root.</summary>
    public bool IsOfUserOrRoot => _uid == 0 || _uid == geteuid();

    /// <summary>Neither its group nor others may do anything with it.</summary>
    public bool IsOnlyOwners => (_mode & 0x3f) == 0;

    /// <summary>It is root's, nobody else may write it, and others than its group may not read it either.</summary>
    public bool IsRootsAndReadOnly => _uid == 0 && (_mode & 0x1f) == 0;

    /// <summary>This process is root.</summary>
    public static bool IsRoot => geteuid() == 0;

    /// <summary>The effective uid.</summary>
    public static uint User => geteuid();

    /// <summary>What new files are not allowed (umask(2)); returns what was before.</summary>
    public static uint SetCreationMask(uint mask) => umask(mask);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out PathStatus status);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle file, string path, int flags, uint mask, out PathStatus status);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
