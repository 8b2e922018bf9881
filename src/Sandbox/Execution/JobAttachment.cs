using Sandbox.Execution.Judging;
using Sandbox.Execution.Streams;
using Sandbox.Interop;
using Sandbox.Store;

namespace Sandbox.Execution;

/// <summary>What a caller who stays with a job has to tell it: signals, and the size of the window. From any thread, at any time.</summary>
/// <remarks>
/// What is said before the job runs is kept for it, what is said after its end has no one left to hear it. One attachment is for one job.
/// </remarks>
internal sealed class JobAttachment
{
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Supervisor? _job;
    private SignalSet _early;
    private bool _isOver;

    /// <summary>Hears what the job writes; null for nobody.</summary>
    public StreamListener? Listener { get; init; }

    /// <summary>Hears all that the job writes to somewhere; null for nobody.</summary>
    public OutputObserver? Observer { get; init; }

    /// <summary>Where the moments of its life are noted; null for nowhere.</summary>
    public JobEvents? Events { get; init; }

    /// <summary>Is told the ports of the host that lead to it, once they do; null for nobody.</summary>
    public Action<IReadOnlyList<PublishedPort>>? PortsOpened { get; init; }

    /// <summary>The caller's streams; null for none.</summary>
    public LiveStreams? Live { get; init; }

    /// <summary>What "inherit" means for it.</summary>
    public InheritedStreams Inherited { get; init; } = InheritedStreams.OfThisProcess;

    /// <summary>Its ends of pipes to other processes; null for none.</summary>
    public ProcessPipes? Pipes { get; init; }

    /// <summary>Where it has the files from that it names by their digest; null for the host's store.</summary>
    public StoredFiles? Files { get; set; }

    /// <summary>What that may have, in bytes.</summary>
    public Func<long>? FileBytes { get; set; }

    /// <summary>When its program ended, or this host decided to stop it, in ns of CLOCK_MONOTONIC; 0 if it never ran.</summary>
    public long EndedAt { get; set; }

    /// <summary>Over once the job was handed to the launcher; if that never comes to be, its result is there instead.</summary>
    public Task Connected => _connected.Task;

    /// <summary>There has been a job to hear what is said.</summary>
    public bool HasConnected { get; private set; }

    /// <summary>The size of the window, as far as known.</summary>
    public TerminalSize Size { get; private set; } = TerminalSize.Usual;

    /// <summary>What the job has used as of the last look; null if nobody has looked, or it is over.</summary>
    public JobUsage? Usage
    {
        get
        {
            lock (_lock)
            {
                return _job?.Usage;
            }
        }
    }

    /// <summary>Has that renewed often for some time; nothing for a job that does not run.</summary>
    public void WatchUsage(TimeSpan time)
    {
        lock (_lock)
        {
            _job?.WatchUsage(time);
        }
    }

    /// <summary>Passes a signal on to the job's first process; false if that has ended, and only its outputs are still collected.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is no signal, or one that no process can handle: a job is killed by cancelling it.</exception>
    public bool Signal(int number)
    {
        SignalSet.CheckPassable(number);
        lock (_lock)
        {
            if (_isOver)
            {
                return false;
            }

            if (_job is null)
            {
                _early = _early.With(number);
            }
            else
            {
                _job.Signal(number);
            }

            return _job is not { HasEnded: true };
        }
    }

    /// <summary>The window has another size now; without meaning for a job without a terminal.</summary>
    public void Resize(TerminalSize size)
    {
        lock (_lock)
        {
            Size = size;
            _job?.Resize(size);
        }
    }

    /// <summary>The job is on its way, and hears what was said before.</summary>
    public void Connect(Supervisor job)
    {
        lock (_lock)
        {
            _job = job;
            HasConnected = true;
            job.Resize(Size);
            foreach (var signal in _early)
            {
                job.Signal(signal);
            }

            _early = default;
        }

        _connected.TrySetResult();
    }

    /// <summary>It is going to run again.</summary>
    public void Pause()
    {
        lock (_lock)
        {
            _job = null;
        }
    }

    /// <summary>Nothing is left of it.</summary>
    public void Disconnect()
    {
        lock (_lock)
        {
            _job = null;
            _isOver = true;
        }
    }
}
