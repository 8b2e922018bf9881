using System.Runtime.InteropServices;

namespace Sandbox.Server.Listening;

/// <summary>Of statx(2) what the framework does not tell: whose a path is, and of what kind; a link is not followed.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly partial struct PathStatus
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const int NoFollow = 0x100;        // AT_SYMLINK_NOFOLLOW
    private const uint TypeModeAndOwner = 0xb; // STATX_TYPE | STATX_MODE | STATX_UID

    [FieldOffset(20)]
    private readonly uint _uid;

    [FieldOffset(28)]
    private readonly ushort _mode;

    /// <summary>It is a socket.</summary>
    public bool IsSocket => (_mode & 0xf000) == 0xc000;

    /// <summary>The status of a path; null if there is nothing to be seen.</summary>
    public static PathStatus? Of(string path) => statx(CurrentDirectory, path, NoFollow, TypeModeAndOwner, out var status) == 0 ? status : null;

    /// <summary>It is a directory of this user, and nobody else may do anything in it.</summary>
    public bool IsPrivateDirectory => (_mode & 0xf000) == 0x4000 && (_mode & 0x3f) == 0 && _uid == geteuid();

    /// <summary>This process is root.</summary>
    public static bool IsRoot => geteuid() == 0;

    /// <summary>The effective uid.</summary>
    public static uint User => geteuid();

    /// <summary>What new files are not allowed (umask(2)); returns what was before.</summary>
    public static uint SetCreationMask(uint mask) => umask(mask);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out PathStatus status);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
