namespace Sandbox.Execution;

/// <summary>The jobs that a runner has now. Either one is there before the runner is closed, which then waits for it, or it does not begin.</summary>
/// <param name="owner">The type that disposal is told of.</param>
internal sealed class RunningJobs(Type owner)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private bool _isClosed;
    private bool _isDisposed;

    /// <summary>How many.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Over when it is closed and the last job has left.</summary>
    public Task Gone => _gone.Task;

    /// <summary>One more begins.</summary>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    /// <exception cref="JobRefusedException">It is closed.</exception>
    public void Enter()
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            if (_isClosed)
            {
                throw new JobRefusedException();
            }

            _count++;
        }
    }

    /// <summary>Nothing is left of one.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _count--;
            EndIfGone();
        }
    }

    /// <summary>No more begin.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            EndIfGone();
        }
    }

    /// <summary>No more begin, and from now on it is said that the runner was disposed of; false if it was before.</summary>
    public bool CloseForGood()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return false;
            }

            (_isDisposed, _isClosed) = (true, true);
            EndIfGone();
            return true;
        }
    }

    /// <summary>For what is asked of the runner besides jobs.</summary>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    public void ThrowIfDisposed()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, owner);
        }
    }

    private void EndIfGone()
    {
        if (_isClosed && _count == 0)
        {
            _gone.TrySetResult();
        }
    }
}
