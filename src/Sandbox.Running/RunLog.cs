using System.Buffers.Binary;

namespace Sandbox.Running;

// Two files, of which the older one goes when the newer one is half as large as both may be. Each begins with its place among all bytes that there ever were, so
// that a reader who has been somewhere knows what it has missed.

/// <summary>What a detached job writes, as far as it is kept. Written by one process, from any thread; read by any.</summary>
internal sealed class RunLog : IDisposable
{
    private const string Newer = "log";
    private const string Older = "log.1";
    private const int PlaceBytes = sizeof(long);
    private const int HeadBytes = sizeof(long) + 1 + sizeof(int);
    private const int LargestPiece = 1 << 20;

    private readonly Lock _lock = new();
    private readonly long _most;
    private string _directory;
    private FileStream? _file;
    private long _place;
    private long _written;
    private bool _isOver;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunLog(string directory, long most) => (_directory, _most) = (directory, most);

    /// <summary>Begins one.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="most">Bytes that it may take.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static RunLog Create(string directory, long most)
    {
        var log = new RunLog(directory, most);
        log.Begin();
        return log;
    }

    /// <summary>The directory has another name now.</summary>
    public void Moved(string directory)
    {
        lock (_lock)
        {
            _directory = directory;
        }
    }

    /// <summary>Keeps a piece. What there is no room for on the disk is left out, and so is all that follows: no job ends for its log.</summary>
    /// <param name="descriptor">1 or 2.</param>
    /// <param name="bytes">What was written.</param>
    public void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        TaskCompletionSource told;
        lock (_lock)
        {
            try
            {
                for (; bytes.Length > 0 && _file is not null; bytes = bytes[Math.Min(bytes.Length, LargestPiece)..])
                {
                    Append(descriptor, bytes[..Math.Min(bytes.Length, LargestPiece)]);
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                _file?.Dispose();
                _file = null;
            }

            told = Renew();
        }

        told.TrySetResult();
    }

    /// <summary>Waits until there is more than a reader has, or nothing will come any more, which is true.</summary>
    public async Task<bool> WaitAsync(long after, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (_isOver || _place + _written > after)
                {
                    return _isOver;
                }

                more = _more.Task;
            }

            await more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Nothing will come any more.</summary>
    public void Dispose()
    {
        TaskCompletionSource told;
        lock (_lock)
        {
            _isOver = true;
            _file?.Dispose();
            _file = null;
            told = Renew();
        }

        told.TrySetResult();
    }

    /// <summary>Reads on from where a reader was.</summary>
    /// <param name="directory">Where the log is.</param>
    /// <param name="from">Where the reader was; 0 for the beginning.</param>
    /// <param name="take">Gets each piece: when it was, the descriptor, the bytes.</param>
    /// <param name="miss">Hears of bytes that are gone since.</param>
    /// <returns>Where the reader is now.</returns>
    public static long Read(string directory, long from, Action<DateTimeOffset, int, byte[]> take, Action<long> miss)
    {
        foreach (var name in (string[])[Older, Newer])
        {
            try
            {
                using var file = new FileStream($"{directory}/{name}", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                from = Read(file, from, take, miss);
            }
            catch (IOException)
            {
                // It is not there yet, or any more: its pieces are in the other one, or gone.
            }
        }

        return from;
    }

    private static long Read(FileStream file, long from, Action<DateTimeOffset, int, byte[]> take, Action<long> miss)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        if (file.ReadAtLeast(head[..PlaceBytes], PlaceBytes, throwOnEndOfStream: false) < PlaceBytes)
        {
            return from;
        }

        var place = BinaryPrimitives.ReadInt64LittleEndian(head);
        if (place > from)
        {
            miss(place - from);
            from = place;
        }

        while (file.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) == HeadBytes && BinaryPrimitives.ReadInt32LittleEndian(head[9..]) is >= 0 and <= LargestPiece and var length)
        {
            var bytes = new byte[length];
            if (file.ReadAtLeast(bytes, length, throwOnEndOfStream: false) < length)
            {
                return from; // it is being written
            }

            if (place >= from)
            {
                take(DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(head)), head[8], bytes);
                from = place + HeadBytes + length;
            }

            place += HeadBytes + length;
        }

        return from;
    }

    private void Append(int descriptor, ReadOnlySpan<byte> bytes)
    {
        if (_written > 0 && _written + HeadBytes + bytes.Length > _most / 2)
        {
            _file!.Dispose();
            File.Move($"{_directory}/{Newer}", $"{_directory}/{Older}", overwrite: true);
            _place += _written;
            _written = 0;
            Begin();
        }

        var piece = new byte[HeadBytes + bytes.Length];
        BinaryPrimitives.WriteInt64LittleEndian(piece, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        piece[8] = (byte)descriptor;
        BinaryPrimitives.WriteInt32LittleEndian(piece.AsSpan(9), bytes.Length);
        bytes.CopyTo(piece.AsSpan(HeadBytes));
        _file!.Write(piece);
        _written += piece.Length;
    }

    private void Begin()
    {
        _file = new FileStream($"{_directory}/{Newer}", new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        Span<byte> place = stackalloc byte[PlaceBytes];
        BinaryPrimitives.WriteInt64LittleEndian(place, _place);
        _file.Write(place);
    }

    private TaskCompletionSource Renew()
    {
        var told = _more;
        _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return told;
    }
}
