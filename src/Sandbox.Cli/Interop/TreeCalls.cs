using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Isolate;

namespace Sandbox.Cli.Interop;

// Names are bytes here: what a job has left may have any. No link is followed by any of these calls at its last component, and every one of them is given
// a directory that is open, so that no path is ever longer than a name. Each returns 0 or a count, or the negated errno.

/// <summary>What is done to trees that a job may have made.</summary>
internal static unsafe partial class TreeCalls
{
    public const int ENOENT = 2;
    public const int EEXIST = 17;
    public const int ENOTEMPTY = 39;
    public const int EWOULDBLOCK = 11;

    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int Here = -100; // AT_FDCWD
    private const uint Wanted = 0x7ff | TreeEntry.HasBirth; // STATX_BASIC_STATS

    private static readonly int s_directory = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;
    private static readonly int s_noFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;
    private static readonly int s_getdents = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 61 : 217;

    /// <summary>A directory by its path; a link at its end is ENOTDIR.</summary>
    public static int OpenDirectory(string path, out SafeFileHandle directory) => OpenDirectory(Here, Encoding.UTF8.GetBytes(path), out directory);

    /// <summary>A directory in another.</summary>
    public static int OpenDirectory(SafeFileHandle above, ReadOnlySpan<byte> name, out SafeFileHandle directory) => OpenDirectory((int)above.DangerousGetHandle(), name, out directory);

    /// <summary>A file, for reading and writing, made with this mode if it is missing and may be made.</summary>
    public static int OpenFile(SafeFileHandle above, string name, bool make, out SafeFileHandle file)
    {
        const int readWrite = 2 | 0x80000 /* O_CLOEXEC */ | 0x800 /* O_NONBLOCK */;
        fixed (byte* text = Terminated(Encoding.UTF8.GetBytes(name)))
        {
            var number = openat((int)above.DangerousGetHandle(), text, readWrite | s_noFollow | (make ? 0x40 /* O_CREAT */ : 0), 0x180 /* rw------- */);
            file = new(number, ownsHandle: true);
            return number < 0 ? -Marshal.GetLastPInvokeError() : 0;
        }
    }

    /// <summary>What is at a name.</summary>
    public static int Status(SafeFileHandle above, ReadOnlySpan<byte> name, out TreeEntry entry)
    {
        fixed (byte* text = Terminated(name))
        {
            return statx((int)above.DangerousGetHandle(), text, NoFollow, Wanted, out entry) < 0 ? -Marshal.GetLastPInvokeError() : 0;
        }
    }

    /// <summary>What is open.</summary>
    public static int Status(SafeFileHandle file, out TreeEntry entry)
    {
        byte nothing = 0;
        return statx((int)file.DangerousGetHandle(), &nothing, 0x1000 /* AT_EMPTY_PATH */, Wanted, out entry) < 0 ? -Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>mkdirat(2).</summary>
    public static int MakeDirectory(SafeFileHandle above, ReadOnlySpan<byte> name, uint mode)
    {
        fixed (byte* text = Terminated(name))
        {
            return Check(mkdirat((int)above.DangerousGetHandle(), text, mode));
        }
    }

    /// <summary>unlinkat(2).</summary>
    public static int Remove(SafeFileHandle above, ReadOnlySpan<byte> name, bool isDirectory)
    {
        fixed (byte* text = Terminated(name))
        {
            return Check(unlinkat((int)above.DangerousGetHandle(), text, isDirectory ? 0x200 /* AT_REMOVEDIR */ : 0));
        }
    }

    /// <summary>fchownat(2).</summary>
    public static int Give(SafeFileHandle above, ReadOnlySpan<byte> name, uint uid, uint gid)
    {
        fixed (byte* text = Terminated(name))
        {
            return Check(fchownat((int)above.DangerousGetHandle(), text, uid, gid, NoFollow));
        }
    }

    /// <summary>fchown(2).</summary>
    public static int Give(SafeFileHandle file, uint uid, uint gid)
    {
        byte nothing = 0;
        return Check(fchownat((int)file.DangerousGetHandle(), &nothing, uid, gid, 0x1000 /* AT_EMPTY_PATH */));
    }

    /// <summary>Another mode for a directory or a regular file, neither of which has to be readable (proc(5), /proc/self/fd).</summary>
    public static int ChangeMode(SafeFileHandle above, ReadOnlySpan<byte> name, uint mode)
    {
        fixed (byte* text = Terminated(name))
        {
            using var file = new SafeFileHandle(openat((int)above.DangerousGetHandle(), text, 0x200000 /* O_PATH */ | 0x80000 | s_noFollow, 0), ownsHandle: true);
            if (file.IsInvalid)
            {
                return -Marshal.GetLastPInvokeError();
            }

            return ChangeMode(file, mode);
        }
    }

    /// <summary>Another mode for what is open, even if only its path is.</summary>
    public static int ChangeMode(SafeFileHandle file, uint mode)
    {
        fixed (byte* path = Encoding.ASCII.GetBytes(FormattableString.Invariant($"/proc/self/fd/{file.DangerousGetHandle()}\0")))
        {
            return Check(chmod(path, mode));
        }
    }

    /// <summary>getdents64(2): the next entries of a directory; 0 at its end.</summary>
    public static int ReadEntries(SafeFileHandle directory, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return Check(syscall(s_getdents, directory.DangerousGetHandle(), start, buffer.Length));
        }
    }

    /// <summary>flock(2), exclusive; the lock ends with the descriptor.</summary>
    public static int Lock(SafeFileHandle file, bool waits)
    {
        int error;
        do
        {
            error = Check(flock((int)file.DangerousGetHandle(), 2 /* LOCK_EX */ | (waits ? 0 : 4 /* LOCK_NB */)));
        }
        while (error == -Descriptors.EINTR);

        return error;
    }

    /// <summary>The caller's ids that count.</summary>
    public static (uint Uid, uint Gid) Self => (geteuid(), getegid());

    private static int OpenDirectory(int above, ReadOnlySpan<byte> name, out SafeFileHandle directory)
    {
        fixed (byte* text = Terminated(name))
        {
            var number = openat(above, text, 0x80000 | s_directory | s_noFollow, 0);
            directory = new(number, ownsHandle: true);
            return number < 0 ? -Marshal.GetLastPInvokeError() : 0;
        }
    }

    private static byte[] Terminated(ReadOnlySpan<byte> name) => [.. name, 0];

    private static int Check(nint result) => result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, byte* path, int flags, uint mask, out TreeEntry entry);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdirat(int directory, byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(int directory, byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchownat(int directory, byte* path, uint uid, uint gid, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int chmod(byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint file, byte* buffer, nint size);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getegid();
}

/// <summary>A file of a tree: struct statx (linux/stat.h), which is the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly struct TreeEntry
{
    /// <summary>STATX_BTIME.</summary>
    public const uint HasBirth = 0x800;

    [FieldOffset(0)]
    private readonly uint _mask;

    [FieldOffset(20)]
    private readonly uint _uid;

    [FieldOffset(24)]
    private readonly uint _gid;

    [FieldOffset(28)]
    private readonly ushort _mode;

    [FieldOffset(32)]
    private readonly ulong _inode;

    [FieldOffset(80)]
    private readonly long _birthSeconds;

    [FieldOffset(88)]
    private readonly uint _birthNanoseconds;

    [FieldOffset(96)]
    private readonly long _changeSeconds;

    [FieldOffset(104)]
    private readonly uint _changeNanoseconds;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    /// <summary>As <see cref="FileIdentity.Device"/> has it.</summary>
    public ulong Device => ((ulong)_deviceMajor << 32) | _deviceMinor;

    public ulong Inode => _inode;

    /// <summary>Which file it is and no other; null where the file system does not tell when files were made.</summary>
    public FileBirth? Birth => (_mask & HasBirth) != 0 ? new(Device, _inode, (_birthSeconds * 1_000_000_000) + _birthNanoseconds) : null;

    /// <summary>When it was last changed, its mode and owner too, in nanoseconds since 1970.</summary>
    public long Changed => (_changeSeconds * 1_000_000_000) + _changeNanoseconds;

    public uint Uid => _uid;

    public uint Gid => _gid;

    /// <summary>The bits of the mode without the type.</summary>
    public uint Mode => _mode & 0xfffu;

    public bool IsDirectory => (_mode & 0xf000) == 0x4000;

    public bool IsRegular => (_mode & 0xf000) == 0x8000;

    public bool IsFifo => (_mode & 0xf000) == 0x1000;

    public bool IsOnDeviceOf(TreeEntry other) => Device == other.Device;

    public bool Is(TreeEntry other) => Device == other.Device && _inode == other._inode;
}
