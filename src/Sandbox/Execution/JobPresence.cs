using System.Diagnostics;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Execution;

/// <summary>
/// One job as it is seen, and reached, from outside of its run: from when a runner has taken it on until its result is there. A run comes and goes by its own
/// thread; whoever asks here, from any other, finds it or does not.
/// </summary>
/// <param name="spec">The job.</param>
/// <param name="id">The name of this run, where it has one already; null: it gets one when somebody asks.</param>
/// <param name="createdAt">When it was taken on; what follows is counted from there by the monotonic clock.</param>
#pragma warning disable CA1001 // The source has neither a timer nor a wait handle, and whoever has found the job may cancel it at any time.
internal sealed class JobPresence(JobSpec spec, string? id, DateTimeOffset createdAt)
#pragma warning restore CA1001
{
    // What is frozen is in a system call that has to come to its end first; one that does not come keeps the job from being paused.
    private static readonly TimeSpan s_untilFrozen = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(2);

    private readonly long _origin = Stopwatch.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource<JobResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _id = id;
    private JobPreparation? _prepared;
    private Supervisor? _supervisor;
    private DateTimeOffset? _startedAt;
    private bool _isPaused;

    /// <summary>The name of this run, which no other has.</summary>
    public string Id
    {
        get
        {
            lock (_lock)
            {
                return _id ??= Guid.CreateVersion7().ToString("N");
            }
        }
    }

    /// <summary>The job as it was asked for.</summary>
    public JobSpec Spec => spec;

    /// <summary>When it was taken on.</summary>
    public DateTimeOffset CreatedAt => createdAt;

    /// <summary>Cancelled by <see cref="Kill"/>.</summary>
    public CancellationToken Ended => _end.Token;

    /// <summary>Its result, once it is there.</summary>
    public Task<JobResult> Result => _result.Task;

    /// <summary>Where it stands.</summary>
    public SandboxState State
    {
        get
        {
            lock (_lock)
            {
                return _result.Task.IsCompleted || _supervisor is { HasEnded: true } ? SandboxState.Exited
                    : _supervisor is not { HasStarted: true } ? SandboxState.Created
                    : _isPaused ? SandboxState.Paused
                    : SandboxState.Running;
            }
        }
    }

    /// <summary>When it executed its program; null before.</summary>
    public DateTimeOffset? StartedAt
    {
        get
        {
            lock (_lock)
            {
                return _startedAt ??= StartOf(_supervisor);
            }
        }
    }

    /// <summary>Its first process, as this process's pid namespace knows it; null where it has none, or the kernel does not tell.</summary>
    public int? Pid => Init is { } init ? HostProcess.FirstChildOf(init) : null;

    /// <inheritdoc cref="JobAttachment.Usage"/>
    public JobUsage? Usage
    {
        get
        {
            lock (_lock)
            {
                return _supervisor?.Usage;
            }
        }
    }

    /// <summary>Its run has been handed to the launcher.</summary>
    public void Connect(JobPreparation prepared, Supervisor supervisor)
    {
        lock (_lock)
        {
            (_prepared, _supervisor) = (prepared, supervisor);
        }
    }

    /// <summary>What belongs to its run is about to go.</summary>
    public void Disconnect()
    {
        lock (_lock)
        {
            _startedAt ??= StartOf(_supervisor);
            (_prepared, _supervisor, _isPaused) = (null, null, false);
        }
    }

    /// <summary>Its result is there.</summary>
    public void Complete(JobResult result) => _result.TrySetResult(result);

    /// <summary>Ends every process of it. Of no effect on one that is over.</summary>
    public void Kill()
    {
        lock (_lock)
        {
            _supervisor?.Stop(StopCause.Cancelled);
        }

        _end.Cancel();
    }

    /// <summary>Passes a signal on to its first process; false if there is none, yet or any more.</summary>
    public bool Signal(int number)
    {
        lock (_lock)
        {
            if (_supervisor is not { HasStarted: true, HasEnded: false } job)
            {
                return false;
            }

            job.Signal(number);
            return true;
        }
    }

    /// <summary>Has its use of memory and CPU renewed often, for some time.</summary>
    public void WatchUsage(TimeSpan time)
    {
        lock (_lock)
        {
            _supervisor?.WatchUsage(time);
        }
    }

    /// <summary>Stops every task of it, or lets them go on.</summary>
    /// <exception cref="SandboxException">It does not run, nothing of it can be frozen on this host, or it does not come to a stop.</exception>
    public void Freeze(bool stops)
    {
        var since = TimeProvider.System.GetTimestamp();
        lock (_lock)
        {
            Set(stops);
        }

        while (stops && !IsFrozen())
        {
            if (TimeProvider.System.GetElapsedTime(since) > s_untilFrozen)
            {
                Freeze(stops: false);
                throw new SandboxException("a process of the job does not come to a stop: it waits in the kernel") { Operation = Operation.FreezeJob };
            }

            Thread.Sleep(s_nap);
        }
    }

    /// <summary>What there is to see of it now, looked at while its run cannot go away; null once that has gone, or before it has come.</summary>
    public T? Look<T>(Func<JobPreparation, Supervisor, T> look)
        where T : class
    {
        lock (_lock)
        {
            return _prepared is { } prepared && _supervisor is { } supervisor ? look(prepared, supervisor) : null;
        }
    }

    private int? Init
    {
        get
        {
            lock (_lock)
            {
                return _supervisor is { HasStarted: true, HasEnded: false } job ? job.Reports.Started!.Value.Pid : null;
            }
        }
    }

    private DateTimeOffset? StartOf(Supervisor? job) => job is { HasStarted: true }
        ? createdAt + TimeSpan.FromTicks(((long)job.Reports.Started!.Value.Stamps[ReportStamps.Started] - _origin) / TimeSpan.NanosecondsPerTick)
        : null;

    private JobCgroup? Group => _prepared?.Draft.Cgroup;

    private void Set(bool stops)
    {
        if (_supervisor is not { HasStarted: true, HasEnded: false })
        {
            throw new SandboxException("the job does not run") { Operation = Operation.FreezeJob };
        }

        var error = Group?.Freeze(stops) ?? -Errno.ENOENT;
        if (error < 0)
        {
            throw new SandboxException(error == -Errno.ENOENT
                ? "this host has no control group of version 2 for the job, which its tasks could be stopped by (Linux 5.2)"
                : "the job's control group takes no order to stop its tasks")
            {
                Operation = Operation.FreezeJob,
                Errno = error == -Errno.ENOENT ? null : Errno.Name(-error),
            };
        }

        _isPaused = stops;
    }

    private bool IsFrozen()
    {
        lock (_lock)
        {
            return _supervisor is not { HasEnded: false } || Group is not { IsFrozen: false };
        }
    }
}

/// <summary>The jobs that a runner has, in the order in which they came. From any thread.</summary>
internal sealed class JobPresences
{
    private readonly Lock _lock = new();
    private readonly LinkedList<JobPresence> _jobs = [];

    /// <summary>All of them.</summary>
    public IReadOnlyList<JobPresence> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _jobs];
            }
        }
    }

    /// <summary>One more is there; it leaves by its place.</summary>
    public LinkedListNode<JobPresence> Enter(JobPresence job)
    {
        lock (_lock)
        {
            return _jobs.AddLast(job);
        }
    }

    /// <summary>It is not there any more.</summary>
    public void Leave(LinkedListNode<JobPresence> place)
    {
        lock (_lock)
        {
            _jobs.Remove(place);
        }
    }
}
