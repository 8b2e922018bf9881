using Sandbox.Server.Queue;
using Sandbox.Server.State;

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
/// <param name="owner">Whose it is.</param>
/// <param name="ticket">Its place in the queue.</param>
/// <param name="end">Cancelled to end it.</param>
/// <param name="changedLimits">The limits that the server set, as <c>name=value</c>.</param>
/// <param name="feed">What is seen of it while it runs.</param>
/// <param name="live">What can be done to it while it runs.</param>
/// <param name="record">What is written of it, so that it outlives the server; null if nothing is.</param>
internal sealed class ServerJob(string id, string owner, QueueTicket ticket, CancellationTokenSource end, IReadOnlyList<string> changedLimits, JobFeed feed, LiveControl live, JobRecord? record = null)
{
    private readonly WeakReference<byte[]> _json = new([]);
    private readonly TaskCompletionSource<bool> _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<ReadOnlyMemory<byte>>? _read;
    private readonly TaskCompletionSource<DocumentResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its name.</summary>
    public string Id => id;

    /// <summary>Whose it is: nobody else finds it.</summary>
    public string Owner => owner;

    /// <summary>By which way it came, of few: <c>http</c> or <c>exec</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The caller's label for it; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>The words of its command while it waits; empty where there are several, or none.</summary>
    public IReadOnlyList<string> Command { get; set; } = [];

    /// <summary>Where it is in the lists of the table.</summary>
    public LinkedListNode<ServerJob> Place => field ??= new(this);

    /// <summary>How its use of memory and CPU has grown.</summary>
    public UsageSamples Usage { get; } = new();

    /// <summary>When it was taken.</summary>
    public DateTimeOffset? QueuedAt => record?.AcceptedAt ?? feed.TimeOf(FeedKind.State, "queued");

    /// <summary>When it got its slot; null if it has none, never had, or an earlier server ran it.</summary>
    public DateTimeOffset? StartedAt => feed.TimeOf(FeedKind.State, "running");

    /// <summary>When its result was there; null before.</summary>
    public DateTimeOffset? EndedAt => record?.End?.At ?? feed.TimeOf(FeedKind.State, "ended");

    /// <summary>Its place in the queue.</summary>
    public QueueTicket Ticket => ticket;

    /// <summary>The limits that the server set.</summary>
    public IReadOnlyList<string> ChangedLimits => changedLimits;

    /// <summary>What is seen of it while it runs.</summary>
    public JobFeed Feed => feed;

    /// <summary>What can be done to it while it runs.</summary>
    public LiveControl Live => live;

    /// <summary>What is written of it, so that it outlives the server; null if nothing is.</summary>
    public JobRecord? Record => record;

    /// <summary>It is taken, and written if it is to be; false if that could not be done: there is no such job then.</summary>
    public Task<bool> Accepted => _accepted.Task;

    /// <summary>Where it stands.</summary>
    public JobState State => _result.Task.IsCompleted ? JobState.Finished : ticket.End.IsCompleted ? JobState.Running : JobState.Queued;

    /// <summary>
    /// Its result; fails with <see cref="InvalidJobException"/> where only opening its image showed that it is not valid, and with <see cref="JobPostponedException"/> where
    /// it is left to the next server. Of a job that an earlier server ran it has verdict and message only, and <see cref="ResultJsonAsync"/> all.
    /// </summary>
    public Task<DocumentResult> Result => _result.Task;

    /// <summary>Cancelled to end it.</summary>
    public CancellationToken Ended => end.Token;

    /// <summary>Takes it out of the queue, or kills it.</summary>
    public void Cancel()
    {
        ticket.Cancel();
        end.Cancel();
    }

    /// <summary>It is taken, or cannot be.</summary>
    public void Accept(bool isAccepted) => _accepted.TrySetResult(isAccepted);

    /// <summary>Its result is there.</summary>
    /// <param name="result">The result.</param>
    /// <param name="read">Reads its result.json, where an earlier server has written that.</param>
    public void Finish(DocumentResult result, Func<ReadOnlyMemory<byte>>? read = null)
    {
        _read = read;
        feed.Note(FeedKind.State, "ended");
        _result.TrySetResult(result);
        live.Over();
        feed.Complete();
    }

    /// <summary>Its result.json on one line, made once for all who watch: each in a copy of its own would hold the job's output as often.</summary>
    /// <exception cref="IOException">An earlier server wrote it, and it cannot be read.</exception>
    public async Task<ReadOnlyMemory<byte>> ResultJsonAsync()
    {
        var result = await _result.Task.ConfigureAwait(false);
        lock (_json)
        {
            if (!_json.TryGetTarget(out var json) || json.Length == 0)
            {
                json = _read is null ? Json(result) : _read().ToArray();
                _json.SetTarget(json);
            }

            return json;
        }
    }

    /// <summary>The result.json of a result, on one line.</summary>
    public static byte[] Json(DocumentResult result) => ResultText.Of(result, pretty: false, before: 0, withLineEnd: false);

    /// <summary>There is none.</summary>
    public void Fail(Exception failure)
    {
        feed.Note(FeedKind.State, "ended");
        _result.TrySetException(failure);
        _ = _result.Task.Exception; // seen, also where nobody asks
        live.Over();
        feed.Complete();
    }
}

/// <summary>The server ends before the job had its turn; it is written, and the next server has it.</summary>
internal sealed class JobPostponedException() : Exception("the server is shutting down, and the job waits for the next one");
