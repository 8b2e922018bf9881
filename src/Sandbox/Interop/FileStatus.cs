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

    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(32)]
    public ulong Inode;

    [FieldOffset(40)]
    public long Size;

    [FieldOffset(48)]
    public long Blocks;

    /// <summary>Time of the last change of the content, in seconds since 1970; may be negative.</summary>
    [FieldOffset(112)]
    public long ModifiedSeconds;

    [FieldOffset(120)]
    public uint ModifiedNanoseconds;

    [FieldOffset(128)]
    private readonly uint _nodeMajor;

    [FieldOffset(132)]
    private readonly uint _nodeMinor;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    /// <summary>The device the file is on, as one number.</summary>
    public readonly ulong Device => ((ulong)_deviceMajor << 32) | _deviceMinor;

    /// <summary>What kind of file it is.</summary>
    public readonly FileKind Kind => (FileKind)(Mode & TypeMask);

    /// <summary>Permission bits, set-id and sticky bits included.</summary>
    public readonly int Permissions => Mode & PermissionMask;

    /// <summary>How an overlay marks that a name is gone: a device that no driver has (overlayfs.rst, "whiteouts and opaque directories").</summary>
    public readonly bool IsWhiteout => Kind == FileKind.CharacterDevice && _nodeMajor == 0 && _nodeMinor == 0;

    /// <summary>Bytes of storage behind the file; st_blocks counts 512-byte units whatever the file system (stat(2)).</summary>
    public readonly long AllocatedBytes => Blocks * 512;
}
