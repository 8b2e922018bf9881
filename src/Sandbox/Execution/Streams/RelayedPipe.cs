using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution.Streams;

// Two pipes of the kernel with this program in between. Their sizes together are those of one, so that who writes is stopped at about the same point. What a
// process sees of the other is what the kernel says of a single pipe (pipe(7)): the end of file after the last byte once nobody writes, SIGPIPE or EPIPE once nobody reads.

/// <summary>One pipe between two processes whose bytes are counted, and kept if they are asked for, on their way.</summary>
internal sealed class RelayedPipe : IDisposable
{
    private const int HalfBytes = 32 << 10;

    // One turn moves this often at most: a flood in one pipe must not starve the others.
    private const int MovesPerTurn = 8;

    private readonly SafeFileHandle _from;
    private readonly SafeFileHandle _to;
    private readonly byte[] _held = new byte[4 << 10];
    private int _begin;
    private int _end;
    private bool _waitsForReader;
    private bool _readerIsGone;

    /// <summary>Makes it.</summary>
    /// <param name="name">What the job calls it.</param>
    /// <param name="writer">The process that writes.</param>
    /// <param name="reader">The process that reads.</param>
    /// <exception cref="SandboxException">There are no descriptors left.</exception>
    public RelayedPipe(string name, string writer, string reader)
    {
        (Name, Writer, Reader) = (name, writer, reader);
        Check(Libc.Pipe(weRead: true, out _from, out var writes));
        WriterEnd = writes;
        var error = Libc.Pipe(weRead: false, out var reads, out _to);
        ReaderEnd = reads;
        if (error < 0)
        {
            Dispose();
            WriterEnd.Dispose();
            ReaderEnd.Dispose();
            Check(error);
        }

        // Less than was asked for is no fault: then who writes is stopped earlier (fcntl(2), F_SETPIPE_SZ).
        _ = Libc.SetPipeSize(_from, HalfBytes);
        _ = Libc.SetPipeSize(_to, HalfBytes);
    }

    /// <summary>What the job calls it.</summary>
    public string Name { get; }

    /// <summary>The process that writes.</summary>
    public string Writer { get; }

    /// <summary>The process that reads.</summary>
    public string Reader { get; }

    /// <summary>What the process that writes is given.</summary>
    public SafeFileHandle WriterEnd { get; }

    /// <summary>What the process that reads is given.</summary>
    public SafeFileHandle ReaderEnd { get; }

    /// <summary>What is kept; null for nothing.</summary>
    public PipeTranscript? Transcript { get; init; }

    /// <summary>Hears how many bytes came; null for nobody.</summary>
    public Action<int>? Heard { get; init; }

    /// <summary>It goes on taking bytes once nobody reads, and drops them.</summary>
    public bool DropsUnread { get; init; }

    /// <summary>Bytes that were taken over.</summary>
    public long Bytes { get; private set; }

    /// <summary>One side of it is closed, and so is the other.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Who closed it first; null for both at once, or nobody yet.</summary>
    public string? ClosedBy { get; private set; }

    /// <summary>When that was seen, as a stamp of the monotonic clock; nobody heard of it through this program before.</summary>
    public long ClosedAt { get; private set; }

    /// <summary>Nobody writes any more, which the reader is yet to hear.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>What it waits for: the end that is read, and the one that is written, of which it always hears that nobody reads it any more.</summary>
    public void Wait(Span<PollEntry> entries)
    {
        entries[0] = IsClosed || IsAtEnd || _waitsForReader ? PollEntry.Nobody : new() { Descriptor = Number(_from), Wanted = PollEntry.Readable };
        entries[1] = IsClosed || _readerIsGone ? PollEntry.Nobody : new() { Descriptor = Number(_to), Wanted = _waitsForReader ? PollEntry.Writable : (short)0 };
    }

    /// <summary>Moves what can be moved.</summary>
    public void Move(ReadOnlySpan<PollEntry> entries)
    {
        if (IsClosed || (entries[0].Ready == 0 && entries[1].Ready == 0))
        {
            return;
        }

        if (IsAtEnd)
        {
            Dispose(); // the reader has left, too
            return;
        }

        // Nobody reads: what is on its way is lost, as in a pipe.
        if (!_readerIsGone && (entries[1].Ready & PollEntry.Error) != 0)
        {
            LoseReader((entries[0].Ready & PollEntry.HungUp) != 0 ? null : Reader);
        }

        for (var move = 0; move < MovesPerTurn && !IsClosed && !IsAtEnd && Step(); move++)
        {
        }
    }

    /// <summary>Both processes are over: what was written and is still here counts, and nobody reads it any more.</summary>
    public void Finish()
    {
        if (IsClosed || IsAtEnd)
        {
            Dispose();
            return;
        }

        Span<PollEntry> entries = stackalloc PollEntry[2];
        _waitsForReader = false;
        Wait(entries);
        _ = Libc.Poll(entries, TimeSpan.Zero);
        var readerIsGone = (entries[1].Ready & PollEntry.Error) != 0;
        Span<byte> left = stackalloc byte[4096];

        // Its size bounds it: somebody outside may hold an end that a process handed on, and write for ever.
        for (var taken = 0; taken < 2 * HalfBytes && Libc.Read(_from, left) is var count and > 0; taken += count)
        {
            Note(left[..count]);
        }

        if (_readerIsGone)
        {
            Dispose();
            return;
        }

        Close(readerIsGone ? null : Writer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        IsClosed = true;
        _from?.Dispose();
        _to?.Dispose();
    }

    private static int Number(SafeFileHandle file) => file.DangerousGetHandle().ToInt32();

    private static void Check(int error)
    {
        if (error < 0)
        {
            throw new SandboxException("no pipe for the job's processes") { Operation = Operation.MakePipe, Errno = Errno.Name(-error) };
        }
    }

    // False where nothing more can be moved now.
    private bool Step() => _readerIsGone ? Drop() : _begin < _end ? Deliver() : Transcript is { HasRoom: true } ? Take() : Splice();

    private bool Deliver()
    {
        var count = Libc.Write(_to, _held.AsSpan(_begin, _end - _begin));
        _waitsForReader = count == -Errno.EAGAIN;
        if (count >= 0)
        {
            _begin += count;
        }
        else if (count is not (-Errno.EAGAIN or -Errno.EINTR))
        {
            LoseReader(Reader);
        }

        return count >= 0;
    }

    private bool Take()
    {
        var count = Libc.Read(_from, _held);
        if (count > 0)
        {
            (_begin, _end) = (0, count);
            Note(_held.AsSpan(0, count));
        }
        else if (count != -Errno.EAGAIN)
        {
            End();
        }

        return count > 0;
    }

    // The pages themselves go from one pipe to the other (splice(2)).
    private bool Splice()
    {
        var count = Libc.Splice(_from, _to, HalfBytes);
        _waitsForReader = false;
        switch (count)
        {
            case > 0:
                Count(count);
                return true;
            case 0:
                End();
                return false;
            case -Errno.EAGAIN:
                // It does not say which of the two it would wait for.
                _waitsForReader = Libc.ReadableBytes(_from) > 0;
                return false;
            case -Errno.EINTR:
                return true;
            default:
                LoseReader(Reader);
                return _readerIsGone;
        }
    }

    private bool Drop()
    {
        var count = Libc.Read(_from, _held);
        if (count > 0)
        {
            Note(_held.AsSpan(0, count));
        }
        else if (count is not (-Errno.EAGAIN or -Errno.EINTR))
        {
            Dispose(); // the writer has left, too
        }

        return count > 0;
    }

    private void LoseReader(string? first)
    {
        if (!DropsUnread)
        {
            Close(first);
            return;
        }

        (_readerIsGone, _waitsForReader, ClosedBy, ClosedAt) = (true, false, first, Stopwatch.GetTimestamp());
        (_begin, _end) = (0, 0);
    }

    private void Note(ReadOnlySpan<byte> bytes)
    {
        Transcript?.Add(bytes);
        Count(bytes.Length);
    }

    private void Count(int bytes)
    {
        Bytes += bytes;
        Heard?.Invoke(bytes);
    }

    private void End()
    {
        (ClosedBy, ClosedAt) = (Writer, Stopwatch.GetTimestamp());
        IsAtEnd = true;
    }

    private void Close(string? first)
    {
        (ClosedBy, ClosedAt) = (first, Stopwatch.GetTimestamp());
        Dispose();
    }
}
