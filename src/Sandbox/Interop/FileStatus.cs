using System.Runtime.InteropServices;

namespace Sandbox.Interop;

/// <summary>struct statx (linux/stat.h), whose layout is the same everywhere.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    private const int TypeMask = 0xf000;
    private const int PermissionMask = 0xfff;

    [FieldOffset(16)]
    public uint LinkCount;

    [FieldOffset(20)]
    public uint Owner;

    [FieldOffset(24)]
    public uint Group;

    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(32)]
    public ulong Inode;

    [FieldOffset(40)]
    public long Size;

    [FieldOffset(48)]
    public long Blocks;

    [FieldOffset(96)]
    private readonly long _changedSeconds;

    [FieldOffset(104)]
    private readonly uint _changedNanoseconds;

    [FieldOffset(112)]
    private readonly long _modifiedSeconds;

    [FieldOffset(120)]
    private readonly uint _modifiedNanoseconds;

    [FieldOffset(128)]
    private readonly uint _specialMajor;

    [FieldOffset(132)]
    private readonly uint _specialMinor;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    /// <summary>The device the file is on, as one number.</summary>
    public readonly ulong Device => ((ulong)_deviceMajor << 32) | _deviceMinor;

    /// <summary>When the content last changed.</summary>
    public readonly FileTime Modified => new(_modifiedSeconds, (int)_modifiedNanoseconds);

    /// <summary>When content, name, owner or mode last changed; nobody can set it (inode(7)).</summary>
    public readonly FileTime Changed => new(_changedSeconds, (int)_changedNanoseconds);

    /// <summary>The character device 0:0, which overlayfs takes for the absence of a file.</summary>
    public readonly bool IsWhiteout => Kind == FileKind.CharacterDevice && _specialMajor == 0 && _specialMinor == 0;

    /// <summary>What kind of file it is.</summary>
    public readonly FileKind Kind => (FileKind)(Mode & TypeMask);

    /// <summary>Permission bits, set-id and sticky bits included.</summary>
    public readonly int Permissions => Mode & PermissionMask;

    /// <summary>Bytes of storage behind the file; st_blocks counts 512-byte units whatever the file system (stat(2)).</summary>
    public readonly long AllocatedBytes => Blocks * 512;
}

/// <summary>File types as st_mode holds them (inode(7)).</summary>
internal enum FileKind
{
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    SymbolicLink = 0xa000,
    Socket = 0xc000,
}

/// <summary>struct timespec of a 64-bit system: seconds since 1970, and nanoseconds from 0 to 999,999,999.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FileTime(long Seconds, long Nanoseconds);

/// <summary>struct statfs (statfs(2)), 64-bit layout of x86_64 and aarch64.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
internal struct FileSystemUsage
{
    /// <summary>Which file system it is, by its magic number (statfs(2)).</summary>
    [FieldOffset(0)]
    public long Type;

    [FieldOffset(8)]
    public long BlockSize;

    [FieldOffset(16)]
    public long Blocks;

    [FieldOffset(24)]
    public long FreeBlocks;

    [FieldOffset(32)]
    public long AvailableBlocks;

    [FieldOffset(40)]
    public long Files;

    [FieldOffset(48)]
    public long FreeFiles;

    private const long ProcFs = 0x9fa0;
    private const long SysFs = 0x62656572;

    /// <summary>It is procfs or sysfs.</summary>
    public readonly bool IsOfTheKernel => Type is ProcFs or SysFs;

    /// <summary>It is procfs.</summary>
    public readonly bool IsProc => Type == ProcFs;

    /// <summary>Bytes in use.</summary>
    public readonly long UsedBytes => (Blocks - FreeBlocks) * BlockSize;

    /// <summary>Bytes that an ordinary user may still take.</summary>
    public readonly long AvailableBytes => AvailableBlocks * BlockSize;

    /// <summary>Bytes in all.</summary>
    public readonly long TotalBytes => Blocks * BlockSize;

    /// <summary>No block or no inode is left; a file system without bounds reports zero of each (tmpfs(5)).</summary>
    public readonly bool IsFull => (Blocks > 0 && FreeBlocks == 0) || (Files > 0 && FreeFiles == 0);
}
