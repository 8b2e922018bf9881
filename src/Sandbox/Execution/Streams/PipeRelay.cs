using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution.Streams;

/// <summary>Moves the bytes of the pipes of one job that are relayed, on one thread for all of them.</summary>
internal sealed class PipeRelay : IDisposable
{
    // What a process that ends has open is closed one after the other, what it writes mostly before what it reads (task_work_run() in do_exit(), kernel/exit.c), and it may wait for a processor in between.
    // So the reader hears of the end this much later at most, by when it is known whether the other still listens. Who only closed its output is not to be told from one that is slow to end.
    private static readonly TimeSpan s_leaving = TimeSpan.FromMilliseconds(50);

    private readonly IReadOnlyList<RelayedPipe> _pipes;
    private readonly SafeFileHandle _wake;
    private readonly Thread _thread;
    private volatile bool _isOver;

    /// <summary>Begins; the pipes are its own from now on.</summary>
    /// <exception cref="SandboxException">There are no descriptors left.</exception>
    public PipeRelay(IReadOnlyList<RelayedPipe> pipes)
    {
        _pipes = pipes;
        if (Libc.CreateEvent(out _wake) is var error and < 0)
        {
            throw new SandboxException("no descriptor to relay pipes with") { Operation = Operation.MakeEvent, Errno = Errno.Name(-error) };
        }

        _thread = new Thread(Run, maxStackSize: 256 << 10) { IsBackground = true, Name = "sandbox pipes" };
        _thread.Start();
    }

    /// <summary>What went through them, once all processes are over: nobody else writes or reads any more.</summary>
    public IReadOnlyList<PipeResult> Finish()
    {
        Stop();
        foreach (var pipe in _pipes)
        {
            pipe.Finish();
        }

        return
        [
            .. _pipes.Select(static pipe => new PipeResult
            {
                Name = pipe.Name,
                From = pipe.Writer,
                To = pipe.Reader,
                Bytes = pipe.Bytes,
                ClosedBy = pipe.ClosedBy,
                ClosedAt = pipe.ClosedAt,
                Transcript = pipe.Transcript?.Pieces ?? [],
                Truncated = pipe.Transcript is { } transcript && transcript.Kept < pipe.Bytes,
            }),
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        foreach (var pipe in _pipes)
        {
            pipe.Dispose();
        }

        _wake.Dispose();
    }

    private void Stop()
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        _ = Libc.Write(_wake, [1, 0, 0, 0, 0, 0, 0, 0]);
        _thread.Join();
    }

    private void Run()
    {
        var entries = new PollEntry[1 + (2 * _pipes.Count)];
        TimeSpan? patience = null;
        while (!_isOver)
        {
            entries[0] = new() { Descriptor = _wake.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };
            for (var index = 0; index < _pipes.Count; index++)
            {
                _pipes[index].Wait(entries.AsSpan(1 + (2 * index), 2));
            }

            _ = Libc.Poll(entries, patience);
            for (var index = 0; index < _pipes.Count; index++)
            {
                _pipes[index].Move(entries.AsSpan(1 + (2 * index), 2));
            }

            patience = TellEnds();
        }
    }

    // How long until the next reader is to hear of an end; null if none is.
    private TimeSpan? TellEnds()
    {
        TimeSpan? next = null;
        foreach (var pipe in _pipes)
        {
            if (!pipe.IsAtEnd || pipe.IsClosed)
            {
                continue;
            }

            var left = s_leaving - Stopwatch.GetElapsedTime(pipe.ClosedAt);
            if (left > TimeSpan.Zero && _pipes.Any(back => !back.IsClosed && !back.IsAtEnd && back.Writer == pipe.Reader && back.Reader == pipe.Writer))
            {
                next = next < left ? next : left;
            }
            else
            {
                pipe.Dispose();
            }
        }

        return next;
    }
}
