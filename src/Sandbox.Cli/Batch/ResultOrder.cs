namespace Sandbox.Cli.Batch;

/// <summary>
/// Hands results on in the order of the input, or as they come. What waits for a slower job before it is bounded, by number and by size: jobs that would come to lie
/// behind too much are not started until some of it has gone.
/// </summary>
/// <param name="isByInput">In the order of the input.</param>
/// <param name="handOn">Takes one result after the other.</param>
internal sealed class ResultOrder(bool isByInput, Action<BatchOutcome> handOn)
{
    /// <summary>How much may wait before no further job starts.</summary>
    internal const long MaxWaitingBytes = 64 << 20;

    private readonly SortedDictionary<long, BatchOutcome> _waiting = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _waitingBytes;
    private long _next;

    /// <summary>Waits until a job may be started. The one that all others wait for always may.</summary>
    public async Task WaitForRoomAsync(long index, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task moved;
            lock (_lock)
            {
                if (!isByInput || index == _next || _waitingBytes <= MaxWaitingBytes)
                {
                    return;
                }

                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A job is done.</summary>
    public void Add(BatchOutcome outcome)
    {
        lock (_lock)
        {
            if (!isByInput)
            {
                handOn(outcome);
                return;
            }

            _waiting.Add(outcome.Item.Index, outcome);
            _waitingBytes += outcome.Result.Length;
            while (_waiting.Remove(_next, out var ready))
            {
                HandOn(ready);
            }

            var moved = _moved;
            _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
            moved.SetResult();
        }
    }

    /// <summary>No more will come: hands on what waits for a job that was given up.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            while (_waiting.Count > 0)
            {
                var (index, outcome) = _waiting.First();
                _ = _waiting.Remove(index);
                HandOn(outcome);
            }
        }
    }

    private void HandOn(BatchOutcome outcome)
    {
        _next = outcome.Item.Index + 1;
        _waitingBytes -= outcome.Result.Length;
        handOn(outcome);
    }
}
