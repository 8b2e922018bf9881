using System.Runtime.InteropServices;

namespace Sandbox.Interop;

/// <summary>struct statx (linux/stat.h), whose layout is the same everywhere.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    private const int TypeMask = 0xf000;

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

    /// <summary>Last change of the inode, which no call can set (inode(7)): seconds, then nanoseconds.</summary>
    [FieldOffset(96)]
    public long ChangedSeconds;

    [FieldOffset(104)]
    public uint ChangedNanoseconds;

    /// <summary>Last change of the content: seconds, then nanoseconds.</summary>
    [FieldOffset(112)]
    public long ModifiedSeconds;

    [FieldOffset(120)]
    public uint ModifiedNanoseconds;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    /// <summary>The device the file is on, as one number.</summary>
    public readonly ulong Device => ((ulong)_deviceMajor << 32) | _deviceMinor;

    /// <summary>What kind of file it is.</summary>
    public readonly FileKind Kind => (FileKind)(Mode & TypeMask);

    /// <summary>Bytes of storage behind the file; st_blocks counts 512-byte units whatever the file system (stat(2)).</summary>
    public readonly long AllocatedBytes => Blocks * 512;
}
