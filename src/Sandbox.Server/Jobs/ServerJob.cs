using Sandbox.Server.Queue;

namespace Sandbox.Server.Jobs;

/// <summary>Where a job stands.</summary>
internal enum JobState
{
    /// <summary>Waits for a slot.</summary>
    Queued,

    /// <summary>Has one.</summary>
    Running,

    /// <summary>Has its result.</summary>
    Finished,
}

/// <summary>One job of the server, from when it was let in until its result is forgotten.</summary>
/// <param name="id">Its name, which no other has.</param>
/// <param name="ticket">Its place in the queue.</param>
/// <param name="end">Cancelled to end it.</param>
/// <param name="changedLimits">The limits that the server set, as <c>name=value</c>.</param>
internal sealed class ServerJob(string id, QueueTicket ticket, CancellationTokenSource end, IReadOnlyList<string> changedLimits)
{
    private readonly TaskCompletionSource<JobResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its name.</summary>
    public string Id => id;

    /// <summary>Its place in the queue.</summary>
    public QueueTicket Ticket => ticket;

    /// <summary>The limits that the server set.</summary>
    public IReadOnlyList<string> ChangedLimits => changedLimits;

    /// <summary>Where it stands.</summary>
    public JobState State => _result.Task.IsCompleted ? JobState.Finished : ticket.End.IsCompleted ? JobState.Running : JobState.Queued;

    /// <summary>Its result; fails with <see cref="InvalidJobException"/> where only opening its image showed that it is not valid.</summary>
    public Task<JobResult> Result => _result.Task;

    /// <summary>Cancelled to end it.</summary>
    public CancellationToken Ended => end.Token;

    /// <summary>Takes it out of the queue, or kills it.</summary>
    public void Cancel()
    {
        ticket.Cancel();
        end.Cancel();
    }

    /// <summary>Its result is there.</summary>
    public void Finish(JobResult result) => _result.TrySetResult(result);

    /// <summary>There is none.</summary>
    public void Fail(Exception failure)
    {
        _result.TrySetException(failure);
        _ = _result.Task.Exception; // seen, also where nobody asks
    }
}
