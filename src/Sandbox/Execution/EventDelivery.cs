namespace Sandbox.Execution;

/// <summary>Tells an observer what happens to a runner's jobs: one event after the other, in the order in which they were noted, on no job's thread.</summary>
/// <remarks>What the observer is slow to take waits here; there are at most five events per job.</remarks>
internal sealed class EventDelivery(Action<JobEvent> observer)
{
    private readonly Lock _lock = new();
    private readonly Queue<JobEvent> _waiting = new();
    private TaskCompletionSource? _idle;

    /// <summary>Everything that was posted has been told.</summary>
    public Task Delivered
    {
        get
        {
            lock (_lock)
            {
                return _idle?.Task ?? Task.CompletedTask;
            }
        }
    }

    /// <summary>Returns at once.</summary>
    public void Post(JobEvent noted)
    {
        lock (_lock)
        {
            _waiting.Enqueue(noted);
            if (_idle is not null)
            {
                return;
            }

            _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        ThreadPool.UnsafeQueueUserWorkItem(static delivery => delivery.Deliver(), this, preferLocal: false);
    }

    private void Deliver()
    {
        while (Take() is { } next)
        {
            try
            {
                observer(next);
            }
            catch (Exception failure) // of the observer: no reason to keep anything from it that follows
            {
                // Heard by whoever asks for such (TaskScheduler.UnobservedTaskException), as is the failure of any task that nobody awaits.
                _ = Task.FromException(failure);
            }
        }
    }

    private JobEvent? Take()
    {
        TaskCompletionSource idle;
        lock (_lock)
        {
            if (_waiting.TryDequeue(out var next))
            {
                return next;
            }

            idle = _idle!;
            _idle = null;
        }

        idle.SetResult();
        return null;
    }
}
