using Sandbox.Server.Queue;

namespace Sandbox.Server.Jobs;

/// <summary>What is kept of jobs that are over.</summary>
internal sealed record RetentionOptions
{
    /// <summary>How long a result is kept after its job is over.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many results are kept; the oldest go first.</summary>
    public int Count { get; init; } = 10_000;

    /// <summary>What the captured output of all of them, and the requests that belong to a key, may come to in bytes.</summary>
    public long Bytes { get; init; } = 256L << 20;
}

/// <summary>How a request to run a job was taken.</summary>
/// <param name="Job">The job; null if it was refused.</param>
/// <param name="Refusal">Why the queue did not take it.</param>
/// <param name="Conflicts">The same key has brought another job before.</param>
internal readonly record struct Acceptance(ServerJob? Job, QueueRefusal? Refusal, bool Conflicts);

/// <summary>A request to run a job.</summary>
internal sealed record JobRequest
{
    /// <summary>The job, within the trust boundary and the maxima.</summary>
    public required JobSpec Spec { get; init; }

    /// <summary>The limits that the server set.</summary>
    public IReadOnlyList<string> ChangedLimits { get; init; } = [];

    /// <summary>What it asks of the queue.</summary>
    public required QueueRequest Queue { get; init; }

    /// <summary>The caller's name for the request, under which it may ask again; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>The bytes of the request, which belong to the key.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}

/// <summary>Every job of the server: those that wait, those that run, and the results that are kept. Safe for use from many threads.</summary>
/// <param name="queue">Where they wait.</param>
/// <param name="run">Runs one.</param>
/// <param name="retention">What is kept.</param>
/// <param name="time">The clock.</param>
internal sealed class JobTable(JobQueue queue, Func<JobSpec, CancellationToken, Task<JobResult>> run, RetentionOptions retention, TimeProvider time)
{
    // What a result takes besides what it captured, roughly.
    private const long Overhead = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServerJob> _jobs = [];
    private readonly Dictionary<string, (ReadOnlyMemory<byte> Body, ServerJob Job)> _keys = [];
    private readonly Queue<(ServerJob Job, long FinishedAt, long Bytes, string? Key)> _kept = new();
    private long _keptBytes;

    /// <summary>Takes a job, or returns the one that the key stands for.</summary>
    public Acceptance Take(JobRequest request)
    {
        lock (_lock)
        {
            Forget();
            if (request.Key is not null && _keys.TryGetValue(request.Key, out var known))
            {
                return known.Body.Span.SequenceEqual(request.Body.Span) ? new(known.Job, null, false) : new(null, null, true);
            }

            var entry = queue.Enter(request.Queue);
            if (entry.Ticket is not { } ticket)
            {
                return new(null, entry.Refusal, false);
            }

            var job = new ServerJob(Guid.NewGuid().ToString("N"), ticket, new CancellationTokenSource(), request.ChangedLimits);
            _jobs.Add(job.Id, job);
            if (request.Key is not null)
            {
                _keys.Add(request.Key, (request.Body.ToArray(), job));
            }

            // Not here: a job that has its slot already would be started under the lock.
            _ = Task.Run(() => RunAsync(job, request.Spec, request.Key, request.Key is null ? 0 : request.Body.Length));
            return new(job, null, false);
        }
    }

    /// <summary>The job of that name; null if there is none, or it was forgotten.</summary>
    public ServerJob? Find(string id)
    {
        lock (_lock)
        {
            Forget();
            return _jobs.GetValueOrDefault(id);
        }
    }

    /// <summary>Takes no more jobs, lets those that run end within a time, and cancels them then; returns once all are over.</summary>
    public async Task DrainAsync(TimeSpan grace)
    {
        queue.Close();
        var left = Unfinished();
        var all = Task.WhenAll(left.Select(static job => ((Task)job.Result).ContinueWith(static _ => { }, TaskScheduler.Default)));
        await Task.WhenAny(all, Task.Delay(grace, time)).ConfigureAwait(false);
        foreach (var job in left)
        {
            job.Cancel();
        }

        await all.ConfigureAwait(false);
    }

    private List<ServerJob> Unfinished()
    {
        lock (_lock)
        {
            return [.. _jobs.Values.Where(static job => job.State != JobState.Finished)];
        }
    }

    private async Task RunAsync(ServerJob job, JobSpec spec, string? key, long bytes)
    {
        JobResult? result = null;
        Exception? failure = null;
        try
        {
            result = await ResultAsync(job, spec).ConfigureAwait(false);
        }
        catch (Exception caught)
        {
            failure = caught;
        }

        lock (_lock)
        {
            bytes += Overhead + (result?.Stdout.Content?.Length ?? 0L) + (result?.Stderr.Content?.Length ?? 0L);
            _kept.Enqueue((job, time.GetTimestamp(), bytes, key));
            _keptBytes += bytes;
            Forget();
        }

        if (result is not null)
        {
            job.Finish(result);
        }
        else
        {
            job.Fail(failure!);
        }
    }

    private async Task<JobResult> ResultAsync(ServerJob job, JobSpec spec)
    {
        var (outcome, grant) = await job.Ticket.End.ConfigureAwait(false);
        using (grant)
        {
            return outcome switch
            {
                QueueOutcome.Started => await run(spec, job.Ended).ConfigureAwait(false),
                QueueOutcome.Expired => JobResult.CancelledBeforeStart(spec.Name, "not started: its time to start passed while it waited for a slot"),
                QueueOutcome.Draining => JobResult.CancelledBeforeStart(spec.Name, "not started: the server is shutting down"),
                _ => JobResult.CancelledBeforeStart(spec.Name, "cancelled by the caller before it started"),
            };
        }
    }

    private void Forget()
    {
        while (_kept.TryPeek(out var oldest)
            && (_kept.Count > retention.Count || _keptBytes > retention.Bytes || time.GetElapsedTime(oldest.FinishedAt) > retention.Age))
        {
            _kept.Dequeue();
            _keptBytes -= oldest.Bytes;
            _jobs.Remove(oldest.Job.Id);
            if (oldest.Key is { } key)
            {
                _keys.Remove(key);
            }
        }
    }
}
