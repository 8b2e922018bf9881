using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution.Streams;

/// <summary>The host's end of a job's terminal: the master, which is there once the job runs.</summary>
internal sealed class JobTerminal : IDisposable
{
    private readonly Lock _lock = new();
    private TerminalSize? _size;

    /// <summary>Reads what the job writes, writes what it reads, and never blocks; null until the job runs.</summary>
    public SafeFileHandle? Master { get; private set; }

    /// <summary>Takes over the master, at the size that was asked for meanwhile.</summary>
    public void Attach(SafeFileHandle master)
    {
        lock (_lock)
        {
            Master = master;
            Apply();
        }
    }

    /// <summary>Changes the size; the kernel tells the job by SIGWINCH. From any thread.</summary>
    public void Resize(TerminalSize size)
    {
        lock (_lock)
        {
            _size = size;
            Apply();
        }
    }

    /// <summary>Nobody looks at it any more: the job's session gets SIGHUP, and every call on the terminal fails (tty_vhangup, drivers/tty/tty_io.c).</summary>
    public void HangUp()
    {
        lock (_lock)
        {
            Master?.Dispose();
            Master = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => HangUp();

    // A terminal whose job is gone has nobody to tell.
    private void Apply()
    {
        if (Master is { } master && _size is { } size)
        {
            _ = Libc.Resize(master, size);
        }
    }
}
