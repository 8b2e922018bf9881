using Sandbox.Server.Queue;
using Sandbox.Server.Trust;
using Sandbox.Server.State;
using Sandbox.Server.Telemetry;

namespace Sandbox.Server.Jobs;

/// <summary>Every job of the server: those that wait, those that run, and the results that are kept. Safe for use from many threads.</summary>
/// <param name="queue">Where they wait.</param>
/// <param name="run">Runs one.</param>
/// <param name="retention">What is kept.</param>
/// <param name="time">The clock.</param>
/// <param name="state">Where jobs are written that are to outlive the server; null for nowhere.</param>
internal sealed class JobTable(JobQueue queue, Func<ServerJob, JobDocument, Task<DocumentResult>> run, RetentionOptions retention, TimeProvider time, StateDirectory? state = null)
{
    // Of what a job wrote, for those who watch it; counted with its result for as long as that is kept.
    private const int FeedBytes = 256 << 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServerJob> _jobs = [];
    private readonly JobLists _lists = new();
    private readonly Dictionary<(string Owner, string Key), (string Digest, ServerJob Job)> _keys = [];
    private readonly KeptResults _kept = new(retention, time);

    /// <summary>How many results are kept, and what they come to in bytes.</summary>
    public (int Count, long Bytes) Kept
    {
        get
        {
            lock (_lock)
            {
                return (_kept.Count, _kept.Bytes);
            }
        }
    }

    /// <summary>Those that run.</summary>
    public IReadOnlyList<ServerJob> Running()
    {
        lock (_lock)
        {
            return _lists.Running.Count == 0 ? [] : [.. _lists.Running];
        }
    }

    /// <summary>Those that wait.</summary>
    public IReadOnlyList<ServerJob> Queued()
    {
        lock (_lock)
        {
            return [.. _lists.Queued];
        }
    }

    /// <inheritdoc cref="JobLists.Newest(string, int)"/>
    public IReadOnlyList<ServerJob> Newest(string owner, int most)
    {
        lock (_lock)
        {
            Forget();
            return _lists.Newest(owner, most);
        }
    }

    /// <inheritdoc cref="JobLists.Verdicts"/>
    public IReadOnlyList<(Verdict Verdict, long Count)> Verdicts(string owner)
    {
        lock (_lock)
        {
            return _lists.Verdicts(owner);
        }
    }

    /// <summary>Takes a job, or returns the one that the key stands for. It is taken for good once <see cref="ServerJob.Accepted"/> says so.</summary>
    public Acceptance Take(JobRequest request)
    {
        var digest = request.Key is null ? null : RecordText.DigestOf(request.Body.Span);
        var now = time.GetUtcNow();
        var record = state is null || !request.IsDurable ? null : new JobRecord
        {
            Id = Guid.NewGuid().ToString("N"),
            AcceptedAt = now,
            Owner = request.Owner,
            Key = request.Key,
            BodySha256 = digest,
            Tenant = request.Queue.Tenant,
            Priority = request.Queue.Priority,
            StartBefore = now + request.Queue.StartBefore,
            StdinIsLive = request.Spec is JobSpec { Stdin: LiveStdin },
            ChangedLimits = request.ChangedLimits,
        };
        lock (_lock)
        {
            Forget();
            if (request.Key is not null && _keys.TryGetValue((request.Owner, request.Key), out var known))
            {
                return known.Digest == digest ? new(known.Job, null, false) : new(null, null, true);
            }

            return record is not null && state is { IsFull: true } ? new(null, null, false, HasNoRoom: true) : Enter(request, digest, record, isNew: true);
        }
    }

    /// <summary>Takes a job again that an earlier server had taken, and not started.</summary>
    public Acceptance Resume(JobRequest request, JobRecord record)
    {
        lock (_lock)
        {
            return Enter(request, record.BodySha256, record, isNew: false);
        }
    }

    /// <summary>Has the result of a job of an earlier server. They come in the order in which they ended.</summary>
    /// <param name="record">With its end.</param>
    /// <param name="bytes">The size of its result.json.</param>
    /// <param name="read">Reads that.</param>
    public void Restore(JobRecord record, long bytes, Func<ReadOnlyMemory<byte>> read)
    {
        var job = new ServerJob(record.Id, record.Owner, QueueTicket.OfPast(queue, new() { Account = record.Owner, Tenant = record.Tenant }), new CancellationTokenSource(), record.ChangedLimits, new JobFeed(FeedBytes, time), new LiveControl(false), record)
        {
            Source = "http",
            Name = record.End!.Name,
        };
        lock (_lock)
        {
            Add(job, record.Key, record.BodySha256);
            _lists.End(job);
            _kept.Add(job, record.Key, bytes, time.GetUtcNow() - record.End.At);
        }

        job.Accept(true);
        if (record.End.Problems is { } problems)
        {
            job.Fail(new InvalidJobException(problems));
            return;
        }

        job.Finish(JobResult.CancelledBeforeStart(record.End.Name, record.End.Message) with { Verdict = record.End.Verdict }, read);
    }

    /// <summary>The owner's job of that name; null if there is none, it was forgotten, or it is somebody else's.</summary>
    public ServerJob? Find(string owner, string id)
    {
        lock (_lock)
        {
            Forget();
            return _jobs.GetValueOrDefault(id) is { } job && job.Owner == owner ? job : null;
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

    private Acceptance Enter(JobRequest request, string? digest, JobRecord? record, bool isNew)
    {
        var entry = queue.Enter(request.Queue);
        if (entry.Ticket is not { } ticket)
        {
            return new(null, entry.Refusal, false);
        }

        var job = new ServerJob(record?.Id ?? Guid.NewGuid().ToString("N"), request.Owner, ticket, new CancellationTokenSource(), request.ChangedLimits,
            new JobFeed(FeedBytes, time), new LiveControl(request.Spec is JobSpec { Stdin: LiveStdin }) { Inherited = request.Inherited, Readers = request.Readers }, record)
        {
            Source = request.Source,
            Name = request.Spec.Name,
            Command = request.Spec is JobSpec { Command: var command } ? command : [],
        };
        job.Feed.Note(FeedKind.State, "queued");
        Add(job, request.Key, digest);
        _lists.Enter(job);

        // Not here: a job that has its slot already would be started under the lock.
        _ = Task.Run(() => isNew && record is not null ? WriteAndRunAsync(job, request, record) : RunAsync(job, request));
        return new(job, null, false);
    }

    private void Add(ServerJob job, string? key, string? digest)
    {
        _jobs.Add(job.Id, job);
        if (key is not null)
        {
            _keys[(job.Owner, key)] = (digest!, job);
        }
    }

    private async Task WriteAndRunAsync(ServerJob job, JobRequest request, JobRecord record)
    {
        try
        {
            await state!.AcceptAsync(record, request.Body).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            lock (_lock)
            {
                Forget(job, request.Key);
            }

            job.Cancel();
            (await job.Ticket.End.ConfigureAwait(false)).Grant?.Dispose();
            job.Accept(false);
            job.Fail(failure);
            return;
        }

        await RunAsync(job, request).ConfigureAwait(false);
    }

    private async Task RunAsync(ServerJob job, JobRequest request)
    {
        job.Accept(true);
        DocumentResult? result = null;
        Exception? failure = null;
        try
        {
            result = await ResultAsync(job, request).ConfigureAwait(false);
        }
        catch (Exception caught)
        {
            failure = caught;
        }

        if (job.Record is { } record && failure is not JobPostponedException)
        {
            await WriteEndAsync(record, result, failure).ConfigureAwait(false);
        }

        lock (_lock)
        {
            Keep(job, request, result);
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

    // Before anybody hears of it: what was told is true after the server's end, too.
    private Task WriteEndAsync(JobRecord record, DocumentResult? result, Exception? failure)
    {
        var end = new JobEnd
        {
            At = time.GetUtcNow(),
            Name = result?.Name,
            Verdict = result?.Verdict ?? Verdict.InternalError,
            Message = result?.Message ?? failure!.Message,
            Problems = (failure as InvalidJobException)?.Problems,
        };
        result ??= JobResult.CancelledBeforeStart(null, end.Message) with { Verdict = Verdict.InternalError, Error = new() { Message = end.Message } };
        return state!.FinishAsync(record with { End = end }, ServerJob.Json(result));
    }

    private async Task<DocumentResult> ResultAsync(ServerJob job, JobRequest request)
    {
        var spec = request.Spec;
        using var spans = new ServeSpans(job, spec);
        var (outcome, grant) = await job.Ticket.End.ConfigureAwait(false);
        ServeMetrics.Waited(job, outcome);
        spans.Waited(outcome);
        using (grant)
        using (var held = outcome == QueueOutcome.Started ? request.Held?.Invoke() : null)
        {
            var result = outcome switch
            {
                QueueOutcome.Started => await StartedAsync(job, spans.Continue(held?.Hold(spec) ?? spec)).ConfigureAwait(false),
                QueueOutcome.Expired => spec.CancelledBeforeStart("not started: its time to start passed while it waited for a slot"),
                QueueOutcome.Draining when job.Record is not null => throw new JobPostponedException(),
                QueueOutcome.Draining => spec.CancelledBeforeStart("not started: the server is shutting down"),
                _ => spec.CancelledBeforeStart("cancelled by the caller before it started"),
            };
            spans.Ended(result);
            return result;
        }
    }

    private void Keep(ServerJob job, JobRequest request, DocumentResult? result)
    {
        if (result is not null)
        {
            _lists.Count(job.Owner, result.Verdict);
        }

        if (!request.IsKept)
        {
            Forget(job, request.Key);
            return;
        }

        _kept.Add(job, request.Key, job.Feed.KeptBytes + job.Usage.Bytes + (result?.CapturedBytes() ?? 0));
        _lists.End(job);
    }

    private async Task<DocumentResult> StartedAsync(ServerJob job, JobDocument spec)
    {
        if (job.Record is not null)
        {
            try
            {
                await state!.StartAsync(job.Id).ConfigureAwait(false);
            }
            catch (IOException failure)
            {
                // It would be started once more after the server's end.
                return LostJob.Of(spec, "not started: that it starts cannot be written down: " + failure.Message);
            }
        }

        lock (_lock)
        {
            _lists.Start(job);
        }

        job.Feed.Note(FeedKind.State, "running");
        return await run(job, spec).ConfigureAwait(false);
    }

    private void Forget()
    {
        while (_kept.TakeOverdue() is { } oldest)
        {
            Forget(oldest.Job, oldest.Key);
            if (oldest.Job.Record is not null)
            {
                state!.Forget(oldest.Job.Id);
            }
        }
    }

    private void Forget(ServerJob job, string? key)
    {
        _jobs.Remove(job.Id);
        JobLists.Forget(job);
        if (key is not null)
        {
            _keys.Remove((job.Owner, key));
        }
    }
}
