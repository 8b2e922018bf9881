using System.Text;

namespace Sandbox.Tests.Images;

/// <summary>Header blocks that no writer would make.</summary>
internal static class RawHeader
{
    public const int BlockBytes = 512;

    public static byte[] Of(string name, char type, long size = 0, string link = "", Action<byte[]>? change = null)
    {
        var block = new byte[BlockBytes];
        Encoding.Latin1.GetBytes(name).CopyTo(block, 0);
        "0000644\0"u8.CopyTo(block.AsSpan(100));
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(block, 124);
        "00000000000\0"u8.CopyTo(block.AsSpan(136));
        block[156] = (byte)type;
        Encoding.Latin1.GetBytes(link).CopyTo(block, 157);
        "ustar\000"u8.CopyTo(block.AsSpan(257));
        change?.Invoke(block);
        Sign(block);
        return block;
    }

    /// <summary>An extended header with one record.</summary>
    public static byte[] Pax(string key, byte[] value, char type = 'x')
    {
        var length = key.Length + value.Length + 4;
        while ($"{length}".Length + 1 + key.Length + 1 + value.Length + 1 != length)
        {
            length++;
        }

        byte[] record = [.. Encoding.ASCII.GetBytes($"{length} {key}="), .. value, (byte)'\n'];
        return [.. Of("pax", type, record.Length), .. Padded(record)];
    }

    public static byte[] Padded(byte[] content) => [.. content, .. new byte[-content.Length & (BlockBytes - 1)]];

    /// <summary>Makes the checksum right.</summary>
    public static void Sign(Span<byte> block)
    {
        block.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var one in block)
        {
            sum += one;
        }

        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0").CopyTo(block[148..]);
    }
}
