using Sandbox.Server.Access;
using Sandbox.Server.Jobs;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>What came of a job: its result, or why there is none.</summary>
/// <param name="Result">The result; null where it was not run.</param>
/// <param name="Why">Why not, in a sentence.</param>
/// <param name="IsPostponed">The server ends before it could.</param>
internal sealed record StageEnd(JobResult? Result, string Why = "", bool IsPostponed = false);

/// <summary>One compilation for all submissions of a batch that would have the same.</summary>
internal sealed class SharedCompilation
{
    private readonly Lock _lock = new();
    private Task<StageEnd>? _end;

    /// <summary>Begins it, unless another has.</summary>
    public Task<StageEnd> OfAsync(Func<Task<StageEnd>> compile)
    {
        lock (_lock)
        {
            return _end ??= compile();
        }
    }
}

/// <summary>Runs submissions, each to its end. The queue of the server is where they wait.</summary>
internal sealed class SubmissionRuns(FrontParts parts, FrontJobs jobs, SubmissionStore store, Judge0Translator translator, CallbackSender callbacks)
{
    private const long SmallBytes = 1 << 20;

    // For callbacks, whose receivers may take their time.
    private static readonly TimeSpan s_toFinish = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly HashSet<Task> _running = [];

    /// <summary>Begins to run one.</summary>
    /// <param name="kept">The submission, which was taken.</param>
    /// <param name="shared">Its compilation; null for one of its own.</param>
    public void Begin(KeptSubmission kept, SharedCompilation? shared = null) => Keep(Task.Run(() => RunAsync(kept, shared ?? new())));

    /// <summary>Makes the callback of one that an earlier server has ended.</summary>
    public void Tell(KeptSubmission kept) => Keep(Task.Run(async () =>
    {
        if (store.Read(kept) is { } ended)
        {
            await TellAsync(kept, ended);
        }
    }));

    /// <summary>Waits until no submission runs any more, and a while for callbacks. The queue takes no more jobs by then.</summary>
    public Task FinishAsync()
    {
        lock (_lock)
        {
            return Task.WhenAny(Task.WhenAll(_running), Task.Delay(s_toFinish, parts.Time));
        }
    }

    private void Keep(Task run)
    {
        lock (_lock)
        {
            _running.Add(run);
        }

        _ = run.ContinueWith(
            ended =>
            {
                lock (_lock)
                {
                    _running.Remove(ended);
                }
            },
            TaskScheduler.Default);
    }

    private async Task RunAsync(KeptSubmission kept, SharedCompilation shared)
    {
        Submission? ended;
        try
        {
            ended = await EndAsync(kept, shared);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            ended = JudgedRun.Failed(kept.Submission!, failure is FormatException ? "the archive " + failure.Message : failure.Message, parts.Time.GetUtcNow());
        }

        if (ended is null)
        {
            return;
        }

        await store.EndAsync(kept, ended);
        await TellAsync(kept, ended);
    }

    // A server that is told to end meanwhile leaves it to the next one, who then does it once more.
    private async Task TellAsync(KeptSubmission kept, Submission ended)
    {
        if (ended.CallbackUrl is { } url)
        {
            await callbacks.SendAsync(url, ended);
            await store.ToldAsync(kept, ended);
        }
    }

    // Null for one that the next server has.
    private async Task<Submission?> EndAsync(KeptSubmission kept, SharedCompilation shared)
    {
        var submission = kept.Submission!;
        var languages = await Judge0Language.OfferedAsync(parts.Runtimes);
        if (languages.FirstOrDefault(language => language.Language.Id == submission.LanguageId) is not { } offered)
        {
            return JudgedRun.Failed(submission, "this server does not have the language any more", parts.Time.GetUtcNow());
        }

        StageEnd? compiled = null;
        if (translator.Compile(submission, offered) is { } compiler)
        {
            compiled = await shared.OfAsync(() => StageAsync(kept, compiler, priority: 0));
            if (compiled.Result is not { } built)
            {
                return NotRun(kept, compiled);
            }

            submission = JudgedRun.Compiled(submission, built, parts.Time.GetUtcNow());
            if (submission.Status.IsOver())
            {
                return submission;
            }
        }

        var times = new List<Submission>();
        do
        {
            var end = await StageAsync(kept, translator.Run(submission, offered, compiled?.Result), PriorityOf(compiled?.Result, times.Count));
            if (end.Result is not { } result)
            {
                return NotRun(kept, end);
            }

            submission = JudgedRun.Ended(submission, result, parts.Time.GetUtcNow());
            times.Add(submission);
        }
        while (submission.Status == Judge0Status.Accepted && times.Count < submission.NumberOfRuns);

        return times.Count == 1 ? submission : submission with
        {
            Time = times.TrueForAll(static run => run.Time is not null) ? Math.Round(times.Average(static run => run.Time!.Value), 6) : submission.Time,
            Memory = times.TrueForAll(static run => run.Memory is not null) ? (long)times.Average(static run => run.Memory!.Value) : submission.Memory,
        };
    }

    // What was compiled takes room until it has run; but who runs often takes turns with the others, unless that is much.
    private static int PriorityOf(JobResult? compiled, int runs) =>
        compiled is not null && (runs == 0 || compiled.Outputs.Sum(static output => output.Content?.Length ?? 0L) > SmallBytes) ? 1 : 0;

    private Submission? NotRun(KeptSubmission kept, StageEnd end) =>
        end.IsPostponed && store.Postpone(kept) ? null : JudgedRun.Failed(kept.Submission!, end.Why, parts.Time.GetUtcNow());

    private async Task<StageEnd> StageAsync(KeptSubmission kept, JobSpec spec, int priority)
    {
        FrontTaking taking;
        try
        {
            taking = jobs.Take(spec, new Caller(kept.Tenant), wasLetIn: true, priority: priority);
        }
        catch (InvalidJobException invalid)
        {
            return new(null, string.Join("; ", invalid.Problems.Select(static problem => $"{problem.Pointer}: {problem.Message}")));
        }

        if (taking.Job is not { } job)
        {
            return taking.Refused switch
            {
                FrontRefusal.Draining => new(null, "the server is shutting down", IsPostponed: true),
                FrontRefusal.NeverFits => new(null, "the memory limit is more than this server has for all jobs together"),
                FrontRefusal.Full => new(null, "as many jobs wait as may"),
                _ => new(null, taking.Why),
            };
        }

        if ((await job.Ticket.End).Outcome == Queue.QueueOutcome.Started)
        {
            await store.StartAsync(kept);
        }

        var result = await job.Result;
        return job.StartedAt is null ? new(null, result.Message, IsPostponed: true) : new((JobResult)result);
    }
}
