using System.Globalization;
using System.Text;

namespace Sandbox.Execution.Collect;

// The framework's TarWriter puts the number of the process into every extended header (TarHeader.Write.cs, .NET 10), so that the
// same changes would never give the same archive, nor the layer of an image the same digest. The format is that of pax(1), "pax
// Interchange Format": a ustar header, and before it one with records for whatever that has no room for.

/// <summary>Writes the members of a tar file.</summary>
internal sealed class PaxWriter(Stream to, uint uid, uint gid)
{
    private const int BlockBytes = 512;
    private const int NameBytes = 100;
    private const long LargestOctal7 = 0x1f_ffff;       // seven octal digits
    private const long LargestOctal11 = 0x1_ffff_ffff;  // eleven
    private const string ExtendedName = "PaxHeaders/member";

    private readonly byte[] _block = new byte[BlockBytes];

    /// <summary>Writes the head of a member; its bytes, if any, are to be written and padded by the caller.</summary>
    public void Write(PaxHeader header)
    {
        var records = Records(header);
        if (records.Length > 0)
        {
            var bytes = Encoding.UTF8.GetBytes(records);
            WriteBlock(new() { Name = ExtendedName, Kind = PaxHeader.Extended, Mode = 0x1a4, Size = bytes.Length, Time = (0, 0) });
            to.Write(bytes);
            Pad(bytes.Length);
        }

        WriteBlock(header);
    }

    /// <summary>Fills the last block of content.</summary>
    public void Pad(long size)
    {
        if (size % BlockBytes is not 0 and var used)
        {
            Array.Clear(_block);
            to.Write(_block.AsSpan((int)used));
        }
    }

    /// <summary>The two empty blocks at the end.</summary>
    public void End()
    {
        Array.Clear(_block);
        to.Write(_block);
        to.Write(_block);
    }

    private string Records(PaxHeader header)
    {
        var records = new StringBuilder();
        if (!Fits(header.Name))
        {
            Append(records, "path", header.Name);
        }

        if (!Fits(header.Target))
        {
            Append(records, "linkpath", header.Target);
        }

        if (header.Size > LargestOctal11)
        {
            Append(records, "size", header.Size.ToString(CultureInfo.InvariantCulture));
        }

        if (uid > LargestOctal7)
        {
            Append(records, "uid", uid.ToString(CultureInfo.InvariantCulture));
        }

        if (gid > LargestOctal7)
        {
            Append(records, "gid", gid.ToString(CultureInfo.InvariantCulture));
        }

        if (header.Time.Nanoseconds != 0 || header.Time.Seconds is < 0 or > LargestOctal11)
        {
            Append(records, "mtime", Decimal(header.Time));
        }

        return records.ToString();
    }

    // Of a ustar header only plain ASCII means the same everywhere.
    private static bool Fits(string text) => text.Length <= NameBytes && Ascii.IsValid(text);

    private static void Append(StringBuilder records, string key, string value)
    {
        // "LENGTH key=value\n", where the length counts its own digits.
        var rest = Encoding.UTF8.GetByteCount(value) + key.Length + 3;
        var length = rest + 1;
        while (rest + Digits(length) != length)
        {
            length = rest + Digits(length);
        }

        records.Append(CultureInfo.InvariantCulture, $"{length} {key}={value}\n");
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    private static string Decimal((long Seconds, uint Nanoseconds) time)
    {
        var (seconds, nanoseconds) = time;
        if (seconds >= 0 || nanoseconds == 0)
        {
            return nanoseconds == 0 ? seconds.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{seconds}.{nanoseconds:D9}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"-{-(seconds + 1)}.{1_000_000_000 - nanoseconds:D9}");
    }

    private void WriteBlock(PaxHeader header)
    {
        var block = _block.AsSpan();
        block.Clear();
        PutText(block[..NameBytes], header.Name);
        PutOctal(block.Slice(100, 8), header.Mode);
        PutOctal(block.Slice(108, 8), uid > LargestOctal7 ? 0 : uid);
        PutOctal(block.Slice(116, 8), gid > LargestOctal7 ? 0 : gid);
        PutOctal(block.Slice(124, 12), header.Size > LargestOctal11 ? 0 : header.Size);
        PutOctal(block.Slice(136, 12), header.Time.Seconds is < 0 or > LargestOctal11 ? 0 : header.Time.Seconds);
        block[156] = header.Kind;
        PutText(block.Slice(157, NameBytes), header.Target);
        "ustar\000"u8.CopyTo(block[257..]);
        PutOctal(block.Slice(329, 8), 0);
        PutOctal(block.Slice(337, 8), 0);

        // The sum is made with spaces in its own place, and ends with a NUL and a space.
        block.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var value in block)
        {
            sum += value;
        }

        PutOctal(block.Slice(148, 7), sum);
        to.Write(block);
    }

    // What is cut off or not ASCII here, a record tells in full.
    private static void PutText(Span<byte> field, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, field.Length)).CopyTo(field);
    }

    private static void PutOctal(Span<byte> field, long value)
    {
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }
    }
}

/// <summary>What a tar file says of one member.</summary>
internal sealed record PaxHeader
{
    public const byte File = (byte)'0';
    public const byte Link = (byte)'2';
    public const byte Directory = (byte)'5';
    public const byte Extended = (byte)'x';

    public required string Name { get; init; }

    public required byte Kind { get; init; }

    public required int Mode { get; init; }

    public long Size { get; init; }

    /// <summary>Since 1970; the seconds may be negative, the nanoseconds always count forward.</summary>
    public required (long Seconds, uint Nanoseconds) Time { get; init; }

    /// <summary>What a link says.</summary>
    public string Target { get; init; } = "";
}
