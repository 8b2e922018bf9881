using System.Buffers.Text;

namespace Sandbox.Images;

// GNU tar's four ways to leave holes of a file out of an archive (GNU tar manual, "Storing Sparse Files"): fields of the header (type S),
// and in extended headers versions 0.0, 0.1, and 1.0, whose map comes before the content. Go's reader, which docker uses, takes all of them.

/// <summary>Where in a file the bytes belong that an archive has of it; the rest are holes.</summary>
internal sealed class SparseMap
{
    private const int MaxPieces = 1 << 16;

    private readonly List<(long Offset, long Length)> _pieces = [];

    private SparseMap(long size) => Size = size;

    /// <summary>Bytes of the file, holes included.</summary>
    public long Size { get; }

    /// <summary>Each after the one before.</summary>
    public IReadOnlyList<(long Offset, long Length)> Pieces => _pieces;

    /// <summary>A map of pairs of numbers; null if it cannot be that of so many bytes of content.</summary>
    public static SparseMap? Of(IReadOnlyList<long> numbers, long? size, long content)
    {
        if (size is not >= 0 || numbers.Count % 2 != 0)
        {
            return null;
        }

        var map = new SparseMap(size.Value);
        long end = 0;
        for (var i = 0; i < numbers.Count; i += 2)
        {
            var (offset, length) = (numbers[i], numbers[i + 1]);
            if (offset < end || length < 0 || length > size - offset || length > content)
            {
                return null;
            }

            (end, content) = (offset + length, content - length);
            if (length > 0)
            {
                map._pieces.Add((offset, length));
            }
        }

        return content == 0 ? map : null;
    }

    /// <summary>Adds the pairs of a GNU header; false where the list is too long, or holds what is no number.</summary>
    public static bool Take(ReadOnlySpan<byte> fields, List<long> numbers)
    {
        const int field = 12;
        for (; fields.Length >= 2 * field && fields[0] != 0; fields = fields[(2 * field)..])
        {
            if (TarHeader.Number(fields[..field]) is not { } offset || TarHeader.Number(fields[field..(2 * field)]) is not { } length || numbers.Count >= 2 * MaxPieces)
            {
                return false;
            }

            numbers.Add(offset);
            numbers.Add(length);
        }

        return true;
    }

    /// <summary>Reads numbers with a separator between them; null if some are none, or there are too many.</summary>
    public static List<long>? Parse(ReadOnlySpan<byte> text, byte separator)
    {
        var numbers = new List<long>();
        foreach (var range in text.Split(separator))
        {
            if (!Utf8Parser.TryParse(text[range], out long number, out var used) || used != text[range].Length || numbers.Count >= 2 * MaxPieces)
            {
                return null;
            }

            numbers.Add(number);
        }

        return numbers;
    }
}
