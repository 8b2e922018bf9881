using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution.Streams;

/// <summary>One output stream of the job: a pipe or its terminal, read up to its limit and drained beyond it.</summary>
internal sealed class OutputPipe : IDisposable
{
    // One turn of the supervisor's loop reads this often at most: a flood on one stream must not starve the rest.
    private const int ReadsPerTurn = 16;

    // As much as a pipe may hold by default (fs.pipe-max-size, pipe(7)), and far more than the kernel keeps of a terminal (tty_buffer_set_limit
    // in pty.c: 8 KiB): what comes after that is not the job's.
    private const int MaxAfterEnd = 1 << 20;

    private readonly SafeFileHandle? _read;
    private readonly JobTerminal? _terminal;
    private readonly IOutputSink _sink;
    private readonly long _limit;
    private long _taken;
    private bool _ended;
    private bool _isLast;
    private bool _isGivenUp;
    private int _afterEnd;
    private int _mostAfterEnd = MaxAfterEnd;

    /// <summary>Opens the pipe.</summary>
    /// <param name="sink">Disposed with the pipe.</param>
    /// <param name="limit">Bytes the sink gets at most; null for all.</param>
    public OutputPipe(IOutputSink sink, long? limit)
    {
        _sink = sink;
        _limit = limit ?? long.MaxValue;
        if (Libc.Pipe(weRead: true, out _read, out var write) is var error and < 0)
        {
            throw new SandboxException("no pipe for the job's output") { Operation = Operation.MakePipe, Errno = Errno.Name(-error) };
        }

        JobEnd = write;
    }

    /// <summary>Reads a terminal, once it is there.</summary>
    /// <param name="sink">Disposed with the stream.</param>
    /// <param name="limit">Bytes the sink gets at most; null for all.</param>
    /// <param name="terminal">Not disposed here: it is for input too.</param>
    /// <param name="standIn">What the job is given until pid 1 has made the terminal; it never uses it.</param>
    public OutputPipe(IOutputSink sink, long? limit, JobTerminal terminal, SafeFileHandle standIn)
    {
        _sink = sink;
        _limit = limit ?? long.MaxValue;
        _terminal = terminal;
        JobEnd = standIn;
    }

    /// <summary>Stands for a pipe to another process, of which nothing comes by here.</summary>
    /// <param name="toOther">The end that the job writes to.</param>
    public OutputPipe(SafeFileHandle toOther)
    {
        _sink = new DiscardSink();
        _limit = long.MaxValue;
        _ended = true;
        JobEnd = toOther;
    }

    /// <summary>What the job writes to; to be closed once the launcher has it.</summary>
    public SafeFileHandle JobEnd { get; }

    /// <summary>Bytes the job wrote, as far as they were read.</summary>
    public long Bytes { get; private set; }

    /// <summary>The job wrote more than the limit.</summary>
    public bool OverLimit => Bytes > _limit;

    /// <summary>Nothing more can come and nothing is left to deliver.</summary>
    public bool Finished => _ended && !IsStuck;

    /// <summary>Negated errno of a write that failed; 0 for none.</summary>
    public int Error => _sink.Error;

    /// <summary>Bytes that the consumer did not take in the time it had.</summary>
    public long Undelivered { get; private set; }

    /// <summary>When the consumer last took something, as a stamp of <see cref="Stopwatch"/>.</summary>
    public long LastTaken { get; private set; }

    /// <summary>The consumer has yet to take what was read.</summary>
    public bool IsStuck => _sink.BlockedOn >= 0;

    /// <summary>What to wait for: the consumer first, then the job.</summary>
    public PollEntry Wait => _sink.BlockedOn is var blocked and >= 0
        ? new() { Descriptor = blocked, Wanted = PollEntry.Writable }
        : new() { Descriptor = _ended || Source is not { } source ? -1 : source.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };

    /// <summary>Reads or delivers what is ready.</summary>
    public void Pump(Span<byte> buffer)
    {
        if (_sink.BlockedOn >= 0)
        {
            _sink.Flush();
            LastTaken = Stopwatch.GetTimestamp();
            EndIfLost();
            return;
        }

        for (var turn = 0; turn < ReadsPerTurn && !_ended && _sink.BlockedOn < 0 && Source is { } source; turn++)
        {
            var count = Libc.Read(source, buffer);
            if (count == -Errno.EAGAIN)
            {
                _ended = _isLast;
                return;
            }

            if (count <= 0)
            {
                _ended = true;
                return;
            }

            Take(buffer[..count]);
            _afterEnd += _isLast ? count : 0;
            _ended |= _afterEnd > _mostAfterEnd;
        }
    }

    /// <summary>Every process of the job is dead: what can be read now is all there will be.</summary>
    /// <remarks>
    /// The end of file may never come: somebody outside can hold the pipe's other end, which the job handed over through a socket, a process that does not
    /// die of SIGKILL does hold it, and pid 1 keeps a slave of the terminal. "Try again" is final for a terminal as well: the kernel says it
    /// only after it moved over what was still on its way (n_tty_read, drivers/tty/n_tty.c). Who holds an end could write for ever, too.
    /// </remarks>
    public void Finish(Span<byte> buffer)
    {
        if (_ended)
        {
            return;
        }

        if (!_isLast && _read is not null)
        {
            _mostAfterEnd = Math.Max(MaxAfterEnd, Libc.PipeSize(_read));
        }

        _isLast = true;
        if (Source is null)
        {
            _ended = true;
        }
        else if (!IsStuck)
        {
            Pump(buffer);
        }
    }

    /// <summary>The consumer has had its time: what it did not take is dropped, and counted.</summary>
    public void GiveUp(Span<byte> buffer)
    {
        Undelivered += _sink.Drop();
        _isGivenUp = true;
        while (!_ended)
        {
            Finish(buffer);
        }
    }

    /// <summary>The stream's part of the result.</summary>
    public StreamResult Result() => new() { Bytes = Bytes, Truncated = OverLimit || Undelivered > 0, Undelivered = Undelivered, Content = _sink.Content };

    /// <inheritdoc/>
    public void Dispose()
    {
        _read?.Dispose();
        JobEnd.Dispose();
        _sink.Dispose();
    }

    private SafeFileHandle? Source => _read ?? _terminal!.Master;

    private void Take(ReadOnlySpan<byte> bytes)
    {
        Bytes += bytes.Length;
        var room = (int)Math.Min(bytes.Length, _limit - _taken);
        if (room <= 0)
        {
            return;
        }

        _taken += room;
        if (_isGivenUp)
        {
            Undelivered += room;
            return;
        }

        _sink.Write(bytes[..room]);
        EndIfLost();
    }

    // The job is told as any writer is whose reader went away, by SIGPIPE (pipe(7)) or by its terminal's hangup: "yes" into "head" has to end.
    private void EndIfLost()
    {
        if (!_sink.IsLost)
        {
            return;
        }

        _ended = true;
        _read?.Dispose();
        _terminal?.HangUp();
    }
}
