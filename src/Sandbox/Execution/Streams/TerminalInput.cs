using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution.Streams;

/// <summary>Types the source's bytes at the job's terminal, and at their end what a user would type then.</summary>
/// <remarks>
/// A terminal has no end of file, only a character that makes a read return what there is (termios(3), VEOF): at the
/// beginning of a line that is nothing, which programs take for the end. In the middle of one it takes two.
/// </remarks>
internal sealed class TerminalInput(JobTerminal terminal, SafeFileHandle source) : IInputFeed
{
    // More is not taken at once: what a line holds at most (n_tty.c, N_TTY_BUF_SIZE).
    private readonly byte[] _buffer = new byte[4096];
    private int _from;
    private int _to;
    private byte _last = (byte)'\n';
    private bool _sourceEnded;
    private bool _done;

    /// <inheritdoc/>
    public PollEntry Wait => _done || terminal.Master is not { } master ? new() { Descriptor = -1 }
        : _from < _to ? new() { Descriptor = master.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Writable }
        : new() { Descriptor = source.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };

    /// <inheritdoc/>
    public void Pump()
    {
        if (terminal.Master is not { } master)
        {
            return;
        }

        if (_from == _to)
        {
            Fill(master);
        }

        if (_from < _to)
        {
            Type(master);
        }

        if (_from == _to && _sourceEnded)
        {
            Stop();
        }
    }

    /// <inheritdoc/>
    public void Stop() => _done = true;

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();

    // A source that fails, such as the caller's terminal when it is gone, has ended.
    private void Fill(SafeFileHandle master)
    {
        _from = _to = 0;
        var count = Libc.Read(source, _buffer);
        if (count == -Errno.EAGAIN)
        {
            return;
        }

        _to = Math.Max(count, 0);
        if (count > 0)
        {
            return;
        }

        _sourceEnded = true;
        _to = EndOfInput(master);
    }

    private int EndOfInput(SafeFileHandle master)
    {
        if (Libc.ModesOf(master, out var modes) < 0 || modes.EndOfFile == 0)
        {
            return 0;
        }

        _buffer[0] = _buffer[1] = modes.EndOfFile;
        return _last is (byte)'\n' or (byte)'\r' ? 1 : 2;
    }

    private void Type(SafeFileHandle master)
    {
        var count = Libc.Write(master, _buffer.AsSpan(_from, _to - _from));
        if (count > 0)
        {
            _last = _buffer[_from + count - 1];
            _from += count;
        }
        else if (count is not (0 or -Errno.EAGAIN or -Errno.EINTR))
        {
            Stop();
        }
    }
}
