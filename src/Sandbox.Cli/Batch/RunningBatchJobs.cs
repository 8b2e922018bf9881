namespace Sandbox.Cli.Batch;

/// <summary>
/// The jobs of a batch that are running, to be ended one after the other: each end frees the filters of a job, and kernels with the pack allocator's locking flaw stop
/// for good where very many are freed at one moment.
/// </summary>
internal sealed class RunningBatchJobs
{
    private static readonly TimeSpan s_gap = TimeSpan.FromMilliseconds(5);

    private readonly LinkedList<CancellationTokenSource> _jobs = [];
    private readonly Lock _lock = new();
    private bool _isClosed;

    /// <summary>Notes a job that begins; null if none may any more.</summary>
    public CancellationTokenSource? Begin()
    {
        lock (_lock)
        {
            return _isClosed ? null : _jobs.AddLast(new CancellationTokenSource()).Value;
        }
    }

    /// <summary>It has ended.</summary>
    public void End(CancellationTokenSource job)
    {
        lock (_lock)
        {
            _ = _jobs.Remove(job);
        }
    }

    /// <summary>Lets no more begin, and ends those that run.</summary>
    public async Task EndAllAsync(TimeProvider clock)
    {
        lock (_lock)
        {
            _isClosed = true;
        }

        while (TakeOne() is { } job)
        {
            await job.CancelAsync().ConfigureAwait(false);
            await Task.Delay(s_gap, clock).ConfigureAwait(false);
        }
    }

    private CancellationTokenSource? TakeOne()
    {
        lock (_lock)
        {
            var job = _jobs.First?.Value;
            if (job is not null)
            {
                _jobs.RemoveFirst();
            }

            return job;
        }
    }
}
