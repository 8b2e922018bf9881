using Sandbox.Server.Jobs;
using Sandbox.Server.Settings;
using Sandbox.Server.State;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>
/// Every submission that is not forgotten. Those that are over are bounded in age, number and size as results of jobs are, and the oldest go first; those that are not, in number and size, and are refused beyond.
/// With a state directory each is written before it is answered, and the next server has it. Safe for use from many threads.
/// </summary>
internal sealed class SubmissionStore : IDisposable
{
    // What one takes besides what was sent and written, roughly.
    private const long Overhead = 2048;

    private const string Part = "/judge0";
    private const string Lost = "the server ended while the submission ran";

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string Token), KeptSubmission> _all = [];
    private readonly Queue<(KeptSubmission Kept, DateTimeOffset At)> _over = new();
    private readonly ServerSettings _settings;
    private readonly TimeProvider _time;
    private readonly StateDirectory? _state;
    private readonly List<KeptSubmission> _waiting = [];
    private readonly List<KeptSubmission> _untold = [];
    private long _numbers;
    private int _unfinished;
    private long _unfinishedBytes;
    private long _overBytes;

    /// <summary>Has what the server before this one has left.</summary>
    /// <exception cref="IOException">The state directory cannot be used.</exception>
    public SubmissionStore(ServerSettings settings, Action<string> say, TimeProvider time)
    {
        (_settings, _time) = (settings, time);
        if (settings.State is { } directory)
        {
            _state = StateDirectory.Open(directory.TrimEnd('/') + Part, say, time, settings.StateIsSynced ? new DiskFlush().WaitAsync : null);
            Load();
        }
    }

    /// <summary>How many are not over.</summary>
    public int Unfinished
    {
        get
        {
            lock (_lock)
            {
                return _unfinished;
            }
        }
    }

    /// <summary>Those of an earlier server that it had not started; once.</summary>
    public IReadOnlyList<KeptSubmission> TakeWaiting() => TakeAll(_waiting);

    /// <summary>Those of an earlier server that are over, and whose callbacks it had not come to; once.</summary>
    public IReadOnlyList<KeptSubmission> TakeUntold() => TakeAll(_untold);

    /// <summary>Takes submissions, all of them or none.</summary>
    /// <param name="tenant">Whose they are.</param>
    /// <param name="submissions">The submissions.</param>
    /// <param name="most">How many of all may be unfinished.</param>
    /// <param name="mostOfTenant">How many of the tenant's.</param>
    /// <returns>Null where there are too many already, or what they hold is too much, or the disk has no room.</returns>
    public async Task<IReadOnlyList<KeptSubmission>?> AddAsync(string tenant, IReadOnlyList<Submission> submissions, int most, int mostOfTenant)
    {
        List<KeptSubmission> added;
        lock (_lock)
        {
            Forget();
            var bytes = submissions.Sum(static submission => submission.Bytes + Overhead);
            if (_unfinished + submissions.Count > most || (_unfinished > 0 && _unfinishedBytes + bytes > _settings.Retention.Bytes) || _state is { IsFull: true }
                || (mostOfTenant < most && _all.Values.Count(kept => kept.Tenant == tenant && !kept.Over.IsCompleted) + submissions.Count > mostOfTenant))
            {
                return null;
            }

            added = [.. submissions.Select(submission => Enter(tenant, submission))];
        }

        try
        {
            if (_state is not null)
            {
                await Task.WhenAll(added.Select(kept => _state.AcceptAsync(SubmissionRecord.Of(kept), SubmissionRecord.Json(kept.Submission!))));
            }

            return added;
        }
        catch (IOException)
        {
            foreach (var kept in added)
            {
                _state!.Withdraw(kept.Token);
                Remove(kept);
            }

            return null;
        }
    }

    /// <summary>A tenant's submission; null if there is none.</summary>
    public KeptSubmission? Find(string tenant, string token)
    {
        lock (_lock)
        {
            Forget();
            return _all.GetValueOrDefault((tenant, token));
        }
    }

    /// <summary>Those of a tenant, newest first.</summary>
    public IReadOnlyList<KeptSubmission> List(string tenant)
    {
        lock (_lock)
        {
            Forget();
            return [.. _all.Values.Where(kept => kept.Tenant == tenant).OrderByDescending(static kept => kept.Number)];
        }
    }

    /// <summary>What a submission is now; null if it cannot be read any more.</summary>
    public Submission? Read(KeptSubmission kept)
    {
        if (kept.Submission is { } known)
        {
            return known;
        }

        try
        {
            return SubmissionRecord.Parse(_state!.ReadResult(kept.Token));
        }
        catch (Exception damaged) when (damaged is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>It has a slot: the next server does not start it again.</summary>
    public async Task StartAsync(KeptSubmission kept)
    {
        try
        {
            await (_state?.StartAsync(kept.Token) ?? Task.CompletedTask);
        }
        catch (IOException)
        {
            // The next server would run it once more, which does no harm.
        }

        lock (_lock)
        {
            kept.Submission = kept.Submission! with { Status = Judge0Status.Processing };
        }
    }

    /// <summary>It did not come to run before the server ends: the next one has it.</summary>
    /// <returns>False where there is no next one that would know it.</returns>
    public bool Postpone(KeptSubmission kept)
    {
        _state?.Postpone(kept.Token);
        if (_state is not null)
        {
            kept.End();
        }

        return _state is not null;
    }

    /// <summary>It is over.</summary>
    public async Task EndAsync(KeptSubmission kept, Submission submission)
    {
        await (_state?.FinishAsync(SubmissionRecord.Ended(kept, submission, isToBeTold: submission.CallbackUrl is not null), SubmissionRecord.Json(submission)) ?? Task.CompletedTask);
        lock (_lock)
        {
            _unfinished--;
            _unfinishedBytes -= kept.Bytes;
            kept.Submission = submission;
            kept.Bytes = submission.Bytes + Overhead;
            _overBytes += kept.Bytes;
            _over.Enqueue((kept, submission.FinishedAt!.Value));
            Forget();
        }

        kept.End();
    }

    /// <summary>Its callback was made, or given up: the next server does not make it again.</summary>
    public async Task ToldAsync(KeptSubmission kept, Submission submission)
    {
        if (_state is null || !IsKept(kept))
        {
            return;
        }

        await _state.FinishAsync(SubmissionRecord.Ended(kept, submission, isToBeTold: false), SubmissionRecord.Json(submission));

        // It may have been forgotten meanwhile, and nobody would do it again.
        if (!IsKept(kept))
        {
            _state.Forget(kept.Token);
        }
    }

    /// <summary>Deletes one that is over.</summary>
    public void Delete(KeptSubmission kept)
    {
        lock (_lock)
        {
            if (_all.Remove((kept.Tenant, kept.Token)))
            {
                _overBytes -= kept.Bytes;
                _state?.Forget(kept.Token);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _state?.Dispose();

    private void Load()
    {
        var over = new List<(KeptSubmission, DateTimeOffset)>();
        foreach (var job in _state!.Load())
        {
            if (job.State == KeptState.Done)
            {
                var done = new KeptSubmission(job.Record.Owner, _numbers++, null) { Token = job.Record.Id, CreatedAt = job.Record.AcceptedAt, Bytes = job.Bytes + Overhead };
                _all.Add((done.Tenant, done.Token), done);
                done.End();
                over.Add((done, job.Record.End!.At));
                if (job.Record.IsToBeTold)
                {
                    _untold.Add(done);
                }

                continue;
            }

            if (SubmissionRecord.Parse(job.Request) is not { } submission)
            {
                continue;
            }

            var kept = Enter(job.Record.Owner, submission);
            if (job.State == KeptState.Started)
            {
                EndAsync(kept, JudgedRun.Failed(submission, Lost, _time.GetUtcNow())).GetAwaiter().GetResult();
                if (submission.CallbackUrl is not null)
                {
                    _untold.Add(kept);
                }

                continue;
            }

            _waiting.Add(kept);
        }

        var lost = _over.ToList();
        _over.Clear();
        foreach (var (kept, at) in over.Concat(lost.Select(static one => (one.Kept, one.At))).OrderBy(static one => one.Item2))
        {
            _over.Enqueue((kept, at));
        }

        _overBytes = _over.Sum(static one => one.Kept.Bytes);
        Forget();
    }

    private KeptSubmission Enter(string tenant, Submission submission)
    {
        var kept = new KeptSubmission(tenant, _numbers++, submission) { Token = submission.Token, CreatedAt = submission.CreatedAt, Bytes = submission.Bytes + Overhead };
        _all.Add((tenant, submission.Token), kept);
        _unfinished++;
        _unfinishedBytes += kept.Bytes;
        return kept;
    }

    private void Remove(KeptSubmission kept)
    {
        lock (_lock)
        {
            _all.Remove((kept.Tenant, kept.Token));
            _unfinished--;
            _unfinishedBytes -= kept.Bytes;
        }
    }

    private void Forget()
    {
        while (_over.TryPeek(out var oldest) && (_over.Count > _settings.Retention.Count || _overBytes > _settings.Retention.Bytes || _time.GetUtcNow() - oldest.At > _settings.SubmissionAge))
        {
            _over.Dequeue();
            if (_all.Remove((oldest.Kept.Tenant, oldest.Kept.Token)))
            {
                _overBytes -= oldest.Kept.Bytes;
                _state?.Forget(oldest.Kept.Token);
            }
        }
    }

    private KeptSubmission[] TakeAll(List<KeptSubmission> some)
    {
        lock (_lock)
        {
            KeptSubmission[] taken = [.. some];
            some.Clear();
            return taken;
        }
    }

    private bool IsKept(KeptSubmission kept)
    {
        lock (_lock)
        {
            return _all.ContainsKey((kept.Tenant, kept.Token));
        }
    }
}
