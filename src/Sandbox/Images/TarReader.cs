using Sandbox.Interop;

namespace Sandbox.Images;

// A reader of our own, because of what hostile and ordinary archives do to the framework's (System.Formats.Tar 10.0):
// it allocates as many bytes as a header claims, takes blocks whose checksum is wrong, and gives up on extended
// attributes that hold a line feed, as file capabilities in images may.

/// <summary>Reads a tar archive from its beginning to its end: v7, ustar, pax and GNU's.</summary>
internal sealed class TarReader(Stream source, ImageOrigin origin)
{
    // What may come between two entries: long names and extended attributes.
    private const int MaxHeaderBytes = 1 << 20;
    private const long MaxContentBytes = 1L << 50; // more than any limit, and far from overflowing

    private readonly TarInput _input = new(source);
    private long _content;
    private long _padding;
    private Queue<(long Offset, long Length)>? _pieces;
    private long _pieceAt;
    private long _pieceEnd;
    private PaxRecords? _records;
    private string? _longName;
    private string? _longLink;

    /// <summary>The next entry, or null at the end.</summary>
    /// <exception cref="InvalidImageException">The archive is damaged, or has an entry that no layer has.</exception>
    public TarEntry? Next()
    {
        (_records, _longName, _longLink) = (null, null, null);
        var headerBytes = 0L;
        while (true)
        {
            if (!_input.TrySkip(_content))
            {
                throw origin.Refuse("the archive ends in the middle of a file");
            }

            // Some writers (umoci 0.4) end with the last byte of the last file, and Go's reader takes it.
            _ = _input.TrySkip(_padding);
            (_content, _padding) = (0, 0);
            if (!_input.Fill(TarHeader.BlockBytes))
            {
                return _input.Available == 0 ? null : throw origin.Refuse($"the archive ends in the middle of a header, at byte {_input.Position}");
            }

            var header = new TarHeader(_input.Take(TarHeader.BlockBytes));
            if (header.IsEnd)
            {
                return null;
            }

            if (!header.IsSound)
            {
                throw origin.Refuse($"no tar archive, or a damaged one: wrong checksum at byte {_input.Position - TarHeader.BlockBytes}");
            }

            if (!IsAboutNext(header.Type))
            {
                return Entry(header);
            }

            headerBytes += TarHeader.BlockBytes + (header.Size ?? 0);
            if (header.Size is not (>= 0 and <= MaxHeaderBytes and var size) || headerBytes > MaxHeaderBytes)
            {
                throw origin.Refuse($"the header at byte {_input.Position - TarHeader.BlockBytes} is damaged, or larger than 1 MiB");
            }

            ReadAbout(header.Type, header.Name ?? "", Bytes((int)size));
        }
    }

    /// <summary>The next piece of the entry's content, valid until the next call; false at its end.</summary>
    /// <param name="piece">The bytes.</param>
    /// <param name="offset">Where in the file they belong: what is left out is a hole.</param>
    public bool NextPiece(out ReadOnlySpan<byte> piece, out long offset)
    {
        piece = default;
        offset = 0;
        if (_content == 0)
        {
            return false;
        }

        if (!_input.Fill(1))
        {
            throw origin.Refuse("the archive ends in the middle of a file");
        }

        if (_pieces is not null && _pieceEnd == _pieceAt)
        {
            (_pieceAt, var length) = _pieces.Dequeue();
            _pieceEnd = _pieceAt + length;
        }

        piece = _input.Take((int)Math.Min(Math.Min(_content, _pieceEnd - _pieceAt), _input.Available));
        _content -= piece.Length;
        offset = _pieceAt;
        _pieceAt += piece.Length;
        return true;
    }

    /// <summary>Reads what follows the archive, so that the digests cover it.</summary>
    public void Drain()
    {
        do
        {
            _ = _input.Take(_input.Available);
        }
        while (_input.Fill(1));
    }

    private static bool IsAboutNext(byte type) => type is (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K';

    private void ReadAbout(byte type, string name, byte[] bytes)
    {
        if (type is (byte)'L' or (byte)'K')
        {
            var text = TarHeader.Text(bytes) ?? throw origin.Refuse($"the long name before byte {_input.Position} is not UTF-8");
            (_longName, _longLink) = type == (byte)'L' ? (text, _longLink) : (_longName, text);
            return;
        }

        var records = type == (byte)'x' ? _records ??= new() : new PaxRecords();
        if (records.Read(bytes) is { } problem)
        {
            throw origin.RefuseEntry(name, problem);
        }
        // A global header is a comment of git archive; one that renames every file would be a trick.
        if (type == (byte)'g' && records.SaysAnything)
        {
            throw origin.RefuseEntry(name, "is a header that changes the names or sizes of all others");
        }
    }

    private TarEntry Entry(TarHeader header)
    {
        var name = _records?.Path ?? _longName ?? header.Name ??
            throw origin.Refuse($"the entry at byte {_input.Position - TarHeader.BlockBytes} has a name that is not UTF-8");
        var link = _records?.Link ?? _longLink ?? header.Link ?? throw origin.RefuseEntry(name, "leads to a name that is not UTF-8");
        var kind = Kind(header.Type, name);
        // Links, directories and devices have no content whatever their size says (as in Go's archive/tar, which docker uses).
        var size = kind != TarKind.File ? 0 : _records?.Size ?? header.Size;
        if (size is not (>= 0 and <= MaxContentBytes) || header.Mode is not { } mode || header.ModifiedSeconds is not { } seconds)
        {
            throw origin.RefuseEntry(name, "has a damaged header");
        }

        _content = size.Value;
        _padding = -_content & (TarHeader.BlockBytes - 1);
        var map = kind == TarKind.File ? Sparse(header, name) : null;
        _pieces = map is null ? null : new(map.Pieces);
        (_pieceAt, _pieceEnd) = (0, map is null ? _content : 0);
        return new()
        {
            Kind = kind,
            Name = name,
            Link = kind is TarKind.HardLink or TarKind.SymbolicLink ? link : "",
            Mode = (int)(mode & 0xfff),
            Modified = _records?.Modified ?? new FileTime(seconds, 0),
            Size = map?.Size ?? _content,
            IsSparse = map is not null,
            Offset = _input.Position,
        };
    }

    private TarKind Kind(byte type, string name) => type switch
    {
        // Before there was a type for directories, a slash at the end of the name made one.
        0 when name.EndsWith('/') => TarKind.Directory,
        0 or (byte)'0' or (byte)'7' or (byte)'S' => TarKind.File,
        (byte)'1' => TarKind.HardLink,
        (byte)'2' => TarKind.SymbolicLink,
        (byte)'3' => TarKind.CharacterDevice,
        (byte)'4' => TarKind.BlockDevice,
        (byte)'5' => TarKind.Directory,
        (byte)'6' => TarKind.Fifo,
        _ => throw origin.RefuseEntry(name, $"is of an unknown type (0x{type:x2})"),
    };

    // What of the content follows is less by a map that comes before it.
    private SparseMap? Sparse(TarHeader header, string name)
    {
        List<long>? numbers = null;
        var size = _records?.SparseSize;
        if (header.Type == (byte)'S')
        {
            (numbers, size) = (GnuNumbers(header, header.HasMoreSparseFields), header.SparseSize);
        }
        else if (_records?.HasSparseMapInContent == true)
        {
            numbers = NumbersInContent();
        }
        else if (_records?.SparseNumbers is { } given)
        {
            numbers = given;
        }
        else if (size is null)
        {
            return null;
        }

        return (numbers is null ? null : SparseMap.Of(numbers, size, _content)) is { Size: <= MaxContentBytes } map
            ? map
            : throw origin.RefuseEntry(name, "is a sparse file with a damaged map");
    }

    // Blocks of 21 pairs until one says that it is the last; they are no part of the content.
    private List<long>? GnuNumbers(TarHeader header, bool more)
    {
        var numbers = new List<long>();
        var isSound = SparseMap.Take(header.SparseFields, numbers);
        while (isSound && more)
        {
            isSound = _input.Fill(TarHeader.BlockBytes);
            if (!isSound)
            {
                break;
            }

            var block = _input.Take(TarHeader.BlockBytes);
            isSound = SparseMap.Take(block[..504], numbers);
            more = block[504] != 0;
        }

        return isSound ? numbers : null;
    }

    // Numbers of a line each, the first of which counts the pairs; filled up to a whole block.
    private List<long>? NumbersInContent()
    {
        var (text, lines, wanted) = (new List<byte>(), 0L, long.MaxValue);
        while (lines < wanted)
        {
            if (_content < TarHeader.BlockBytes || text.Count > MaxHeaderBytes || !_input.Fill(TarHeader.BlockBytes))
            {
                return null;
            }

            var block = _input.Take(TarHeader.BlockBytes);
            _content -= TarHeader.BlockBytes;
            text.AddRange(block);
            lines += block.Count((byte)'\n');
            if (wanted == long.MaxValue && lines > 0)
            {
                if (SparseMap.Parse(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(text)[..text.IndexOf((byte)'\n')], (byte)'\n') is not [var pairs and >= 0 and < MaxHeaderBytes])
                {
                    return null;
                }

                wanted = 1 + (2 * pairs);
            }
        }

        var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(text);
        var end = all.LastIndexOf((byte)'\n');
        return SparseMap.Parse(all[..end], (byte)'\n') is { } numbers && numbers.Count == wanted ? numbers[1..] : null;
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            if (!_input.Fill(1))
            {
                throw origin.Refuse("the archive ends in the middle of a header");
            }

            var piece = _input.Take(Math.Min(count - filled, _input.Available));
            piece.CopyTo(bytes.AsSpan(filled));
            filled += piece.Length;
        }

        _ = _input.TrySkip(-count & (TarHeader.BlockBytes - 1));
        return bytes;
    }
}
