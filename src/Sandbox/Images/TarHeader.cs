using System.Text;
using Sandbox.Interop;

namespace Sandbox.Images;

// The 512 bytes before each entry: pax(1), "ustar Interchange Format", and the GNU tar manual, "Basic Tar Format".

/// <summary>Reads the fields of one header block.</summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    /// <summary>Archives are a sequence of blocks of so many bytes.</summary>
    public const int BlockBytes = 512;

    private const int ChecksumAt = 148;
    private const int ChecksumBytes = 8;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _block = block;

    /// <summary>The block that ends an archive.</summary>
    public bool IsEnd => _block.IndexOfAnyExcept((byte)0) < 0;

    public byte Type => _block[156];

    /// <summary>The sum over the block is the one it carries; old writers added signed bytes.</summary>
    public bool IsSound
    {
        get
        {
            var (unsigned, signed) = (ChecksumBytes * ' ', ChecksumBytes * ' ');
            for (var i = 0; i < BlockBytes; i++)
            {
                if (i is >= ChecksumAt and < ChecksumAt + ChecksumBytes)
                {
                    continue;
                }

                unsigned += _block[i];
                signed += (sbyte)_block[i];
            }

            return Number(_block.Slice(ChecksumAt, ChecksumBytes)) is { } sum && (sum == unsigned || sum == signed);
        }
    }

    public long? Mode => Number(_block.Slice(100, 8));

    public long? Size => Number(_block.Slice(124, 12));

    public long? ModifiedSeconds => Number(_block.Slice(136, 12));

    /// <summary>The name; null if it is not UTF-8.</summary>
    public string? Name
    {
        get
        {
            var name = Text(_block[..100]);
            // GNU's own format has other things in the place of the prefix.
            var prefix = _block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(_block.Slice(345, 155)) : "";
            return name is null || prefix is null ? null : prefix.Length == 0 ? name : $"{prefix}/{name}";
        }
    }

    /// <summary>Where the link leads; null if it is not UTF-8.</summary>
    public string? Link => Text(_block.Slice(157, 100));

    /// <summary>Bytes up to the first NUL as UTF-8; null if they are none.</summary>
    public static string? Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Utf8(end < 0 ? field : field[..end]);
    }

    /// <summary>Bytes as UTF-8; null if they are none.</summary>
    public static string? Utf8(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The time as a pax record has it: seconds, perhaps with a fraction; null if it is none.</summary>
    public static FileTime? Time(ReadOnlySpan<byte> text)
    {
        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? [] : text[(point + 1)..];
        if (!long.TryParse(whole, null, out var seconds) || fraction.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            return null;
        }

        var nanoseconds = 0;
        for (var i = 0; i < 9; i++)
        {
            nanoseconds = (nanoseconds * 10) + (i < fraction.Length ? fraction[i] - '0' : 0);
        }

        // -1.25 is three quarters of a second after -2.
        return whole[0] == '-' && nanoseconds > 0 ? new(seconds - 1, 1_000_000_000 - nanoseconds) : new(seconds, nanoseconds);
    }

    /// <summary>Where a sparse file's bytes belong (the GNU tar manual, "struct oldgnu_header"): four pairs, and whether more follow in a block of their own.</summary>
    public ReadOnlySpan<byte> SparseFields => _block.Slice(386, 96);

    public bool HasMoreSparseFields => _block[482] != 0;

    /// <summary>Bytes of a sparse file, holes included.</summary>
    public long? SparseSize => Number(_block.Slice(483, 12));

    /// <summary>Octal digits between spaces and a NUL, or, GNU's way for what does not fit, a big-endian number after a set bit; null for anything else.</summary>
    public static long? Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            return BinaryNumber(field);
        }

        var digits = Trim(field);
        long number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7' || number > long.MaxValue >> 3)
            {
                return null;
            }

            number = (number << 3) + (digit - '0');
        }

        return number;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> field)
    {
        var start = field.IndexOfAnyExcept((byte)' ');
        field = start < 0 ? [] : field[start..];
        var end = field.IndexOfAny((byte)' ', (byte)0);
        return end < 0 ? field : field[..end];
    }

    private static long? BinaryNumber(ReadOnlySpan<byte> field)
    {
        var negative = (field[0] & 0x40) != 0;
        Int128 number = negative ? -1 : 0;
        for (var i = 0; i < field.Length; i++)
        {
            number = (number << 8) | (i == 0 && !negative ? (byte)(field[0] & 0x7f) : field[i]);
        }

        return number < long.MinValue || number > long.MaxValue ? null : (long)number;
    }
}
