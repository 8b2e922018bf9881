using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution;

/// <summary>A process that was let into a job which runs.</summary>
/// <param name="number">Its own among those of the job.</param>
internal sealed class JobEntry(byte number)
{
    private readonly TaskCompletionSource<SafeFileHandle?> _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ReportRecord?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its own among those of the job.</summary>
    public byte Number => number;

    /// <summary>Over once pid 1 has started it, or has said that it cannot: the master of its terminal, or null.</summary>
    public Task<SafeFileHandle?> Entered => _entered.Task;

    /// <summary>What pid 1 said of its end; null where the job has ended with it.</summary>
    public Task<ReportRecord?> Ended => _ended.Task;

    /// <summary>It was started.</summary>
    public void Enter(SafeFileHandle? terminal) => _entered.TrySetResult(terminal);

    /// <summary>It is over.</summary>
    public void Leave(ReportRecord? record)
    {
        _entered.TrySetResult(null);
        _ended.TrySetResult(record);
    }
}

/// <summary>The processes that were let into one job. From any thread.</summary>
/// <param name="channel">Where pid 1 is asked.</param>
internal sealed class JobEntries(JobChannel channel)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<byte, JobEntry> _entries = [];
    private byte _last;
    private bool _isClosed;

    /// <summary>Asks for one.</summary>
    /// <param name="descriptors">As of <see cref="JobChannel.Enter"/>.</param>
    /// <param name="error">Why it was not asked for: the negated errno.</param>
    public JobEntry? Begin(ReadOnlySpan<int> descriptors, out int error)
    {
        lock (_lock)
        {
            error = _isClosed ? -Errno.ESRCH : _entries.Count >= byte.MaxValue ? -Errno.EAGAIN : 0;
            if (error < 0)
            {
                return null;
            }

            do
            {
                _last = _last == byte.MaxValue ? (byte)1 : (byte)(_last + 1);
            }
            while (_entries.ContainsKey(_last));
            var entry = new JobEntry(_last);
            _entries.Add(_last, entry);
            error = channel.Enter(_last, descriptors);
            if (error == 0)
            {
                return entry;
            }

            _entries.Remove(_last);
            return null;
        }
    }

    /// <summary>Passes a signal on to one of them, which may be over.</summary>
    public void Signal(JobEntry entry, int number)
    {
        lock (_lock)
        {
            if (!_isClosed && _entries.GetValueOrDefault(entry.Number) == entry)
            {
                channel.SignalEntered(entry.Number, number);
            }
        }
    }

    /// <summary>Pid 1 has started one.</summary>
    public void Enter(byte number, SafeFileHandle? terminal)
    {
        JobEntry? entry;
        lock (_lock)
        {
            entry = _entries.GetValueOrDefault(number);
        }

        if (entry is null)
        {
            terminal?.Dispose();
            return;
        }

        entry.Enter(terminal);
    }

    /// <summary>Pid 1 has reaped one, or could not let it in.</summary>
    public void Leave(byte number, ReportRecord record)
    {
        JobEntry? entry;
        lock (_lock)
        {
            _ = _entries.Remove(number, out entry);
        }

        entry?.Leave(record);
    }

    /// <summary>The job is over, and so are all of them.</summary>
    public void Close()
    {
        List<JobEntry> left;
        lock (_lock)
        {
            _isClosed = true;
            left = [.. _entries.Values];
            _entries.Clear();
        }

        left.ForEach(static entry => entry.Leave(null));
    }
}
