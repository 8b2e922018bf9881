using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Sandbox.Interop;

namespace Sandbox.Store;

/// <summary>
/// What tells that a file is still the one whose content was looked at: the time of its last change is set by the kernel alone
/// (inode(7)). It holds for one boot, because after a crash a file may have lost what was never written to the disk.
/// </summary>
/// <remarks>Short enough for a link that file systems keep in its inode: ext4 and XFS do up to 59 bytes and more.</remarks>
internal static class Fingerprint
{
    /// <summary>Bytes of the text.</summary>
    public const int Length = 56;

    private const int BootBytes = 6;
    private const int FactBytes = Length / 4 * 3;

    /// <summary>Writes what is compared: device, inode, size and times.</summary>
    public static void Write(in FileStatus status, ReadOnlySpan<byte> boot, Span<byte> text)
    {
        Span<byte> facts = stackalloc byte[FactBytes];
        boot.CopyTo(facts);
        BinaryPrimitives.WriteUInt32LittleEndian(facts[6..], (uint)(status.Device ^ (status.Device >> 20)));
        BinaryPrimitives.WriteUInt64LittleEndian(facts[10..], status.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(facts[18..], status.Size);
        BinaryPrimitives.WriteInt64LittleEndian(facts[26..], Nanoseconds(status.Modified));
        BinaryPrimitives.WriteInt64LittleEndian(facts[34..], Nanoseconds(status.Changed));
        _ = Base64.EncodeToUtf8(facts, text, out _, out _);
    }

    /// <summary>Names this boot of the kernel. Where it cannot be told nothing compares equal, and every file is read each time.</summary>
    public static byte[] ThisBoot()
    {
        // 8 digits, a dash, 4 digits, and more.
        Span<byte> text = stackalloc byte[13];
        var error = Libc.OpenForReading("/proc/sys/kernel/random/boot_id\0"u8, out var file);
        using (file)
        {
            if (error == 0 && Libc.Read(file, text) == text.Length)
            {
                return Convert.FromHexString(Encoding.ASCII.GetString(text[..8]) + Encoding.ASCII.GetString(text[9..]));
            }
        }

        return Guid.NewGuid().ToByteArray()[..BootBytes];
    }

    private static long Nanoseconds(FileTime time) => unchecked((time.Seconds * 1_000_000_000) + time.Nanoseconds);
}
