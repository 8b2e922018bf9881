using System.Collections.Concurrent;

namespace Sandbox.Images;

// Decompression is most of the work, and on a thread of its own it does not wait for digests and system calls.

/// <summary>Reads a stream on another thread, a few buffers ahead.</summary>
internal sealed class ReadAhead : Stream
{
    private const int BufferBytes = 256 << 10;
    private const int Buffers = 4;

    private readonly BlockingCollection<byte[]> _free = [];
    private readonly BlockingCollection<Piece> _full = [];
    private readonly Stream _source;
    private readonly Thread _worker;
    private Piece _piece;
    private int _position;

    /// <summary>Starts reading; the source is the worker's alone until this is disposed of.</summary>
    public ReadAhead(Stream source)
    {
        _source = source;
        for (var i = 0; i < Buffers; i++)
        {
            _free.Add(new byte[BufferBytes]);
        }

        _worker = new Thread(Work) { IsBackground = true, Name = "decompress" };
        _worker.Start();
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || (_position == _piece.Count && !NextPiece()))
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, _piece.Count - _position);
        _piece.Bytes.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _free.CompleteAdding();
            // Buffers that are left would let it go on for a while.
            while (_free.TryTake(out _))
            {
            }

            _worker.Join();
            _free.Dispose();
            _full.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool NextPiece()
    {
        if (_piece.Failure is null && _piece.Bytes is { } used)
        {
            _free.Add(used);
        }

        _position = 0;
        if (!_full.TryTake(out _piece, Timeout.Infinite))
        {
            return false;
        }

        return _piece.Failure is { } failure ? throw failure : true;
    }

    private void Work()
    {
        try
        {
            while (_free.TryTake(out var bytes, Timeout.Infinite))
            {
                var count = _source.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
                if (count > 0)
                {
                    _full.Add(new(bytes, count, null));
                }

                if (count < bytes.Length)
                {
                    break;
                }
            }
        }
        catch (Exception failure) // whatever it is, it belongs to the reader
        {
            _full.Add(new([], 0, failure));
        }

        _full.CompleteAdding();
    }

    private readonly record struct Piece(byte[] Bytes, int Count, Exception? Failure);
}
