using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Planning;

namespace Sandbox.Execution;

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

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
            Master?.Dispose();
    }

    // A terminal whose job is gone has nobody to tell.
    private void Apply()
    {
        if (Master is { IsClosed: false } master && _size is { } size)
            _ = Libc.Resize(master, size);
    }
}
