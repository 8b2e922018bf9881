using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Execution.Streams;

/// <summary>Feeds the job's stdin through a pipe, so that the job never holds the caller's own descriptor.</summary>
/// <remarks>
/// A descriptor given as is can be opened anew with other flags through /proc/self/fd (proc(5)): a host file given for
/// reading was overwritten that way.
/// </remarks>
internal sealed class StdinPump : IInputFeed
{
    private readonly SafeFileHandle _source;
    private readonly SafeFileHandle _write;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 << 10);
    private int _from;
    private int _to;
    private bool _done;

    /// <summary>Takes over <paramref name="source"/>.</summary>
    public StdinPump(SafeFileHandle source)
    {
        _source = source;
        if (Libc.Pipe(weRead: false, out var read, out _write) is var error and < 0)
        {
            throw new SandboxException("no pipe for the job's input") { Operation = Operation.MakePipe, Errno = Errno.Name(-error) };
        }

        JobEnd = read;
    }

    /// <summary>What the job reads from; to be closed once the launcher has it.</summary>
    public SafeFileHandle JobEnd { get; }

    /// <inheritdoc/>
    public PollEntry Wait => _done ? new() { Descriptor = -1 }
        : _from < _to ? new() { Descriptor = _write.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Writable }
        : new() { Descriptor = _source.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };

    /// <summary>Moves what is ready; a job that stopped reading ends it.</summary>
    public void Pump()
    {
        if (_from == _to && !Fill())
        {
            Stop();
            return;
        }

        var count = Libc.Write(_write, _buffer.AsSpan(_from, _to - _from));
        if (count >= 0)
        {
            _from += count;
        }
        else if (count is not (-Errno.EAGAIN or -Errno.EINTR))
        {
            Stop();
        }
    }

    /// <summary>Ends the job's stdin; a caller who still writes is told so (EPIPE).</summary>
    public void Stop()
    {
        _done = true;
        _write.Dispose();
        _source.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        JobEnd.Dispose();
    }

    private bool Fill()
    {
        using var step = HostWatch.Enter(Operation.ReadStdin);
        _from = _to = 0;
        var count = Libc.Read(_source, _buffer);
        if (count == -Errno.EAGAIN)
        {
            return true;
        }

        _to = Math.Max(count, 0);
        return count > 0;
    }
}

/// <summary>Moves bytes from a source of the host to what the job reads.</summary>
internal interface IInputFeed : IDisposable
{
    /// <summary>What to wait for: the job while bytes are at hand, the source otherwise.</summary>
    PollEntry Wait { get; }

    /// <summary>Moves what is ready; never blocks on the job.</summary>
    void Pump();

    /// <summary>There is nobody left to feed.</summary>
    void Stop();
}
