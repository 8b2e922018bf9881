using System.Diagnostics.CodeAnalysis;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// Some of what a gauge reads can be made slow by the job: shares of mapped memory are found by walking page tables (smaps), and a
// job can have millions of entries for one small file; descriptors and sockets are listed one by one. A single read(2) may then
// take seconds, and nothing can cut it short. So all of it happens on a thread of its own, for which nobody ever waits: not the
// limits, not the streams, not the result. The thread starts with the first look, which a short job does not live to see.

/// <summary>Looks at the whole of a job's memory, one look at a time, on a thread of its own.</summary>
internal sealed class MemoryLook(TreeHandles handles, long limit, TimeProvider clock) : IDisposable
{
    // At the end of a job: a look that is under way may find something yet; one that is stuck may not keep the result back.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly AutoResetEvent _asked = new(false);
    private readonly ManualResetEventSlim _idle = new(true);
    private ProcessTable? _table;
    private MemoryGauge? _gauge;
    private Thread? _thread;
    private MemoryReading? _reading;
    private TimeSpan _at;
    private volatile int _clockOfThread = -1;
    private volatile bool _isOver;
    private volatile bool _hasFailed;
    private volatile bool _seesSockets = handles.Sockets is not null;

    /// <summary>A look is under way.</summary>
    public bool IsBusy => !_idle.IsSet;

    /// <summary>There will be no look any more: this host had nothing left to look with.</summary>
    public bool HasFailed => _hasFailed;

    /// <summary>Data in the job's sockets counts as its memory.</summary>
    public bool SeesSockets => _seesSockets;

    /// <summary>How processes with one memory are told from others; of a job that was over before the first look, how they would have been.</summary>
    public SharingMeans SharingMeans => _table?.SharingMeans ?? MemorySharing.Expected();

    /// <summary>CPU time of the thread.</summary>
    public TimeSpan Work => _clockOfThread == -1 ? TimeSpan.Zero : TimeSpan.FromTicks(Libc.CpuNanoseconds(_clockOfThread) / 100);

    /// <summary>Begins a look, unless one is under way; false if there is no thread to be had for it now.</summary>
    /// <param name="now">Time since execve.</param>
    public bool TryBegin(TimeSpan now)
    {
        if (IsBusy || _hasFailed)
        {
            return !_hasFailed;
        }

        if (_thread is null && !TryStart())
        {
            return false;
        }

        _at = now;
        _idle.Reset();
        _asked.Set();
        return true;
    }

    /// <summary>What the last look found, once.</summary>
    public bool TryTake(out MemoryReading reading)
    {
        lock (_lock)
        {
            reading = _reading.GetValueOrDefault();
            var isThere = _reading is not null;
            _reading = null;
            return isThere;
        }
    }

    /// <summary>Waits for a look that is under way, though not for long; false if it goes on.</summary>
    public bool Await() => _idle.Wait(s_patience);

    /// <summary>What is left in files once no process is; null if a look is stuck.</summary>
    public long? MeasureRest()
    {
        if (!Await() || _hasFailed)
        {
            return null;
        }

        return MemoryGauge.Rest(handles);
    }

    /// <summary>Ends the thread; one that is stuck ends when it can.</summary>
    public void Dispose()
    {
        _isOver = true;
        _asked.Set();
        if (_thread is null)
        {
            Close();
        }
    }

    // Made by the thread: a job that none has looked at does without.
    private MemoryGauge Gauge => _gauge ??= new MemoryGauge(handles, _table ??= new ProcessTable(handles.ProcFs, handles.Init), HostSwap.IsOn);

    // What a thread takes (pthread_create(3), EAGAIN; the runtime calls it that) may be short for a moment.
    private bool TryStart()
    {
        var thread = new Thread(Serve, maxStackSize: 256 << 10) { IsBackground = true, Name = "sandbox memory" };
        try
        {
            thread.Start();
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        _thread = thread;
        return true;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "on a thread of ours it would end the host; told by HasFailed")]
    private void Serve()
    {
        try
        {
            _clockOfThread = Libc.ClockOfThisThread();
            while (_asked.WaitOne() && !_isOver)
            {
                Look();
            }
        }
        catch (Exception)
        {
            // No descriptors, no memory; or those of the job are closed already, and nobody asks any more.
            _hasFailed = true;
        }

        _clockOfThread = -1;
        Close();
        _idle.Set();
    }

    private void Look()
    {
        var start = clock.GetTimestamp();
        _ = ProcPath.TakeStarvation();
        var gauge = Gauge;
        _table!.Refresh(exactCpu: false);
        gauge.Measure(_at, limit);

        // A descriptor or a page that moves from one process to another during the look counts twice.
        if (gauge.Bytes > limit)
        {
            _table.Refresh(exactCpu: false);
            gauge.Confirm(_at, limit);
        }

        _seesSockets = gauge.SeesSockets;
        lock (_lock)
        {
            _reading = new() { Bytes = gauge.Bytes, Work = clock.GetElapsedTime(start), IsStarved = ProcPath.TakeStarvation() };
        }

        _idle.Set();
    }

    private void Close()
    {
        _gauge?.Dispose();
        _table?.Dispose();
    }
}
