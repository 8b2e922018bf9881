using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Cli.Batch;

/// <summary>
/// The results that are there already, in a file that is only ever added to, so that a batch goes on where it was killed. In memory is where each of them lies, sixteen
/// bytes for a job; a line that a kill or a full disk cut is taken off, and one that is damaged counts as not there.
/// </summary>
internal sealed class BatchJournal : IDisposable
{
    private const int PieceBytes = 64 << 10;

    // Far above any batch, and what a damaged index may make this table grow to is bounded.
    private const long MaxIndex = 100_000_000;

    private static readonly byte[] s_head = Encoding.UTF8.GetBytes("""{"schema":"sandbox.batch-journal/1"}""" + "\n");

    private readonly SafeFileHandle _file;
    private readonly List<Place> _places = [];
    private readonly Lock _lock = new();
    private long _end;
    private bool _isUnsynced;

    private BatchJournal(SafeFileHandle file) => _file = file;

    /// <summary>Opens a journal, or begins one.</summary>
    /// <param name="path">The file; held locked (flock(2)) until this is disposed or the process ends, in whatever way.</param>
    /// <exception cref="IOException">It is in use, cannot be read or written, or is something else; the message is the reason.</exception>
    public static BatchJournal Open(string path)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (failure.HResult == Interop.Descriptors.EAGAIN)
        {
            throw new IOException("another batch is using it");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException(Diagnostics.Reason(failure));
        }

        var journal = new BatchJournal(file);
        try
        {
            journal.Load();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>The result of a job, in UTF-8; null if it has none, or one of another job that was in its place.</summary>
    public ReadOnlyMemory<byte>? Find(long index, string fingerprint)
    {
        var place = PlaceOf(index);
        if (place.Length == 0)
        {
            return null;
        }

        var line = new byte[place.Length];
        for (var read = 0; read < line.Length;)
        {
            if (RandomAccess.Read(_file, line.AsSpan(read), place.Offset + read) is not (> 0 and var count))
            {
                return null;
            }

            read += count;
        }

        return ResultIn(line, index, fingerprint);
    }

    /// <summary>Adds a result. It is in the file when this returns, and on the disk after <see cref="Sync"/>.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Append(BatchItem item, string fingerprint, ReadOnlyMemory<byte> result)
    {
        var line = BatchLine.ForJournal(item, fingerprint, result);
        lock (_lock)
        {
            Write(line.Span);
            Note(item.Index, new(_end - line.Length, line.Length));
        }
    }

    /// <summary>What was added survives the machine from now on, too (fdatasync(2)).</summary>
    public void Sync()
    {
        lock (_lock)
        {
            if (_isUnsynced)
            {
                RandomAccess.FlushToDisk(_file);
                _isUnsynced = false;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static ReadOnlyMemory<byte>? ResultIn(byte[] line, long index, string fingerprint)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.GetProperty("index").GetInt64() != index || root.GetProperty("fingerprint").GetString() != fingerprint)
            {
                return null;
            }

            // No conditional expression: its null would become an empty memory.
            var result = Encoding.UTF8.GetBytes(root.GetProperty("result").GetRawText());
            if (BatchRow.Of(index, "", result).IsFinal)
            {
                return result;
            }

            return null;
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private void Load()
    {
        long length;
        try
        {
            length = RandomAccess.GetLength(_file);
        }
        catch (NotSupportedException)
        {
            throw new IOException("not a regular file");
        }

        var head = new byte[s_head.Length];
        var read = RandomAccess.Read(_file, head, 0);
        if (read < s_head.Length && s_head.AsSpan().StartsWith(head.AsSpan(0, read)))
        {
            RandomAccess.SetLength(_file, 0);
            Write(s_head);
            return;
        }

        // Nothing is taken off a file that somebody named by mistake.
        if (!head.AsSpan().SequenceEqual(s_head))
        {
            throw new IOException("it is no journal of a batch");
        }

        _end = s_head.Length;
        ReadLines();
        if (_end < length)
        {
            RandomAccess.SetLength(_file, _end);
        }
    }

    // Ends with _end behind the last whole line.
    private void ReadLines()
    {
        var piece = new byte[PieceBytes];
        var start = new List<byte>(32);
        var offset = _end;
        while (RandomAccess.Read(_file, piece, offset) is > 0 and var count)
        {
            for (var at = 0; at < count;)
            {
                var length = piece.AsSpan(at, count - at).IndexOf((byte)'\n');
                var part = piece.AsSpan(at, length < 0 ? count - at : length);
                start.AddRange(part[..Math.Min(part.Length, start.Capacity - start.Count)]);
                if (length < 0)
                {
                    break;
                }

                at += length + 1;
                NoteLine(start, offset + at);
                start.Clear();
            }

            offset += count;
        }
    }

    private void NoteLine(List<byte> start, long end)
    {
        var bytes = CollectionsMarshal.AsSpan(start);
        var before = """{"index":"""u8;
        if (bytes.StartsWith(before) && Utf8Parser.TryParse(bytes[before.Length..], out long index, out _) && end - _end <= int.MaxValue)
        {
            Note(index, new(_end, (int)(end - _end)));
        }

        _end = end;
    }

    private void Note(long index, Place place)
    {
        if (index is < 0 or > MaxIndex)
        {
            return;
        }

        if (index >= _places.Count)
        {
            var before = _places.Count;
            CollectionsMarshal.SetCount(_places, (int)index + 1);
            CollectionsMarshal.AsSpan(_places)[before..].Clear();
        }

        _places[(int)index] = place;
    }

    private Place PlaceOf(long index)
    {
        lock (_lock)
        {
            return index < _places.Count ? _places[(int)index] : default;
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, _end);
        _end += bytes.Length;
        _isUnsynced = true;
    }

    private readonly record struct Place(long Offset, int Length);
}
