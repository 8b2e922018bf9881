using System.Runtime.InteropServices;

namespace Sandbox.Interop;

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

    /// <summary>Bytes in use.</summary>
    public readonly long UsedBytes => (Blocks - FreeBlocks) * BlockSize;

    /// <summary>Bytes that an ordinary user may still take.</summary>
    public readonly long AvailableBytes => AvailableBlocks * BlockSize;

    /// <summary>Bytes in all.</summary>
    public readonly long TotalBytes => Blocks * BlockSize;

    /// <summary>No block or no inode is left; a file system without bounds reports zero of each (tmpfs(5)).</summary>
    public readonly bool IsFull => (Blocks > 0 && FreeBlocks == 0) || (Files > 0 && FreeFiles == 0);
}
