namespace Sandbox.Images;

/// <summary>The bytes of an archive through one buffer: taken in pieces, or passed over.</summary>
internal sealed class TarInput(Stream source)
{
    private const int BufferBytes = 128 << 10;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;

    /// <summary>Bytes that were taken or passed over.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes in the buffer.</summary>
    public int Available => _end - _start;

    /// <summary>Passes over bytes; false where the source ends before.</summary>
    public bool TrySkip(long count)
    {
        var left = count - (_end - _start);
        if (left > 0 && source.CanSeek)
        {
            Position += count;
            _start = _end;
            var isThere = source.Length - source.Position >= left;
            source.Seek(isThere ? left : source.Length - source.Position, SeekOrigin.Current);
            return isThere;
        }

        while (count > 0)
        {
            if (!Fill(1))
            {
                return false;
            }

            count -= Take((int)Math.Min(count, Available)).Length;
        }

        return true;
    }

    /// <summary>Bytes of the buffer, valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        var taken = _buffer.AsSpan(_start, count);
        _start += count;
        Position += count;
        return taken;
    }

    /// <summary>Has so many bytes in the buffer, at most its size; false where the source has fewer left.</summary>
    public bool Fill(int count)
    {
        if (_end - _start >= count)
        {
            return true;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < count)
        {
            var read = source.Read(_buffer.AsSpan(_end));
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }
}
