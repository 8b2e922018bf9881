using Sandbox.Server.Access;
using Sandbox.Server.Jobs;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>Runs requests, however they came.</summary>
internal sealed class GoJudgeRuns(FrontJobs jobs, KeptFiles kept, ServerSettings settings, GoJudgeMetrics metrics)
{
    // Of a result there are its bytes, its text and its JSON for a moment.
    private const int Copies = 3;

    private readonly HeldResults _held = new(Math.Max(settings.Queue.MemoryBytes / 4, FrontHold.ResultBytes));

    /// <summary>Takes a request.</summary>
    /// <param name="form">What it says.</param>
    /// <param name="caller">Who sent it.</param>
    /// <param name="isStream">It came by <c>/stream</c>.</param>
    /// <exception cref="GoJudgeRefusal">It is refused.</exception>
    public GoJudgeRun Begin(RequestForm form, Caller caller, bool isStream = false)
    {
        var plan = new RequestTranslator(settings, kept, caller.Tenant).Translate(form, isStream);
        if (plan.AtOnce is { } results)
        {
            metrics.Count(results);
            return new(plan, [], Task.FromResult(results));
        }

        var taken = new List<TakenPart>();
        try
        {
            foreach (var part in plan.Parts)
            {
                taken.Add(Take(part, caller));
            }
        }
        catch (InvalidJobException invalid)
        {
            taken.ForEach(static part => part.Job.Cancel());
            return new(plan, [], Task.FromResult(Refused(plan.Commands, invalid)));
        }
        catch (GoJudgeRefusal)
        {
            taken.ForEach(static part => part.Job.Cancel());
            throw;
        }

        return new(plan, taken, ResultsAsync(plan, taken, caller));
    }

    /// <summary>Counts the bytes of results until whoever asked has them.</summary>
    /// <exception cref="GoJudgeRefusal">There is no room for them.</exception>
    public IDisposable Hold(IReadOnlyList<CommandResult> results, Caller caller) =>
        _held.TryHold(caller.Tenant, Copies * results.Sum(static result => result.Files.Values.Sum(static text => (long)text.Length)))
        ?? throw GoJudgeRefusal.CannotRun("as many results wait for their clients as this server holds");

    private TakenPart Take(RequestPart part, Caller caller)
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var taking = jobs.Take(part.Job, caller, part.IsLive ? part.WithStreams : null, held: part.HeldBytes, readers: part.IsLive ? read.Task : null);
        return taking.Job is { } job ? new(part, job, read) : throw taking.Refused switch
        {
            FrontRefusal.Forbidden => GoJudgeRefusal.Invalid(taking.Why),
            FrontRefusal.Full => GoJudgeRefusal.CannotRun("worker queue is full"),
            FrontRefusal.NeverFits => GoJudgeRefusal.CannotRun("the memory limits come to more than this server has for all jobs together"),
            _ => GoJudgeRefusal.CannotRun("worker is shutting down"),
        };
    }

    private async Task<IReadOnlyList<CommandResult>> ResultsAsync(RequestPlan plan, List<TakenPart> taken, Caller caller)
    {
        try
        {
            var results = new CommandResult[plan.Commands.Count];
            foreach (var part in taken)
            {
                var own = await ResultsAsync(plan, part, caller);
                for (var index = 0; index < own.Count; index++)
                {
                    results[part.Part.Places[index]] = own[index];
                }
            }

            metrics.Count(results);
            return results;
        }
        catch
        {
            // Nobody is told of the others.
            taken.ForEach(static part => part.Job.Cancel());
            throw;
        }
    }

    private async Task<IReadOnlyList<CommandResult>> ResultsAsync(RequestPlan plan, TakenPart taken, Caller caller)
    {
        DocumentResult result;
        try
        {
            result = await taken.Job.Result;
        }
        catch (InvalidJobException invalid)
        {
            return [.. taken.Part.Commands.Select(_ => CommandResult.NotStarted(Words(invalid)))];
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            throw GoJudgeRefusal.CannotRun(FrontFailure.Words(failure));
        }

        if (taken.Job.StartedAt is null)
        {
            throw GoJudgeRefusal.CannotRun(result.Message);
        }

        try
        {
            // Whoever has gone meanwhile has what was kept forgotten by its age.
            return await new ResultTranslator(kept, caller.Tenant, plan.MostBytes).TranslateAsync(taken.Part, result, CancellationToken.None);
        }
        catch (Exception failure) when (failure is SandboxException or IOException or UnauthorizedAccessException)
        {
            throw GoJudgeRefusal.CannotRun("what is to be kept cannot be: " + FrontFailure.Words(failure));
        }
    }

    private IReadOnlyList<CommandResult> Refused(IReadOnlyList<CommandPlan> commands, InvalidJobException invalid)
    {
        IReadOnlyList<CommandResult> results = [.. commands.Select(_ => CommandResult.NotStarted(Words(invalid)))];
        metrics.Count(results);
        return results;
    }

    private static string Words(InvalidJobException invalid) => string.Join("; ", invalid.Problems.Select(static problem => $"{problem.Pointer}: {problem.Message}"));
}

/// <summary>A part of a request whose job was taken.</summary>
/// <param name="Part">The part.</param>
/// <param name="Job">Its job.</param>
/// <param name="Read">Whoever reads its live streams says so here at their end.</param>
internal sealed record TakenPart(RequestPart Part, ServerJob Job, TaskCompletionSource Read)
{
    /// <summary>Its commands that have live streams.</summary>
    public IEnumerable<LiveCommand> Live => Enumerable.Range(0, Part.Commands.Count).Where(index => Part.Commands[index].Live.Count > 0).Select(index => new LiveCommand(this, index));
}

/// <summary>A command with streams that a client writes and reads while it runs.</summary>
/// <param name="Part">What it is part of.</param>
/// <param name="Index">Which of that.</param>
internal readonly record struct LiveCommand(TakenPart Part, int Index)
{
    /// <summary>Which of the request.</summary>
    public int Place => Part.Part.Places[Index];

    /// <summary>The streams, by descriptor.</summary>
    public IReadOnlyList<int> Streams => Part.Part.Commands[Index].Live;

    /// <summary>It, once it runs; null if it never will.</summary>
    public Task<SandboxJob?> RunningAsync() => Part.Job.Live.ProcessAsync(Index);
}

/// <summary>A request that was taken.</summary>
/// <param name="Plan">What it is run as.</param>
/// <param name="Parts">What runs; empty where nothing does.</param>
/// <param name="Results">Its results; fails with <see cref="GoJudgeRefusal"/>.</param>
internal sealed record GoJudgeRun(RequestPlan Plan, IReadOnlyList<TakenPart> Parts, Task<IReadOnlyList<CommandResult>> Results)
{
    /// <summary>The limits that the server set, and what it does not hold anybody to.</summary>
    public IEnumerable<string> ChangedLimits => Parts.SelectMany(static part => part.Job.ChangedLimits).Concat(Plan.IgnoresRate ? ["cpuRateLimit=ignored"] : []).Distinct();

    /// <summary>A command that has live streams; null if it has none.</summary>
    public LiveCommand? LiveOf(int command) => Parts.SelectMany(static part => part.Live).Where(live => live.Place == command).Select(static live => (LiveCommand?)live).FirstOrDefault();

    /// <summary>Ends it.</summary>
    public void Cancel()
    {
        foreach (var part in Parts)
        {
            part.Job.Cancel();
        }
    }
}
