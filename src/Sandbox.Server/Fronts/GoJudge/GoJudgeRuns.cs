using System.Diagnostics;
using Sandbox.Server.Access;
using Sandbox.Server.Jobs;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>Runs requests, however they came.</summary>
internal sealed class GoJudgeRuns(FrontJobs jobs, KeptFiles kept, ServerSettings settings, GoJudgeMetrics metrics)
{
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
            return new(plan, null, Task.FromResult(results));
        }

        FrontTaking taking;
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            var live = plan.Commands[0].Live;
            taking = jobs.Take(plan.Job, caller, live.Count == 0 ? null : job => job with
            {
                Stdin = live.Contains(0) ? Stdin.Live : job.Stdin,
                Stdout = live.Contains(1) ? OutputStream.Live : job.Stdout,
                Stderr = live.Contains(2) ? OutputStream.Live : job.Stderr,
            }, readers: live.Count == 0 ? null : read.Task);
        }
        catch (InvalidJobException invalid)
        {
            IReadOnlyList<CommandResult> refused = [.. plan.Commands.Select(_ => CommandResult.NotStarted(Words(invalid)))];
            metrics.Count(refused);
            return new(plan, null, Task.FromResult(refused));
        }

        if (taking.Job is not { } job)
        {
            throw taking.Refused switch
            {
                FrontRefusal.Forbidden => GoJudgeRefusal.Invalid(taking.Why),
                FrontRefusal.Full => GoJudgeRefusal.CannotRun("worker queue is full"),
                FrontRefusal.NeverFits => GoJudgeRefusal.CannotRun("the memory limits come to more than this server has for all jobs together"),
                _ => GoJudgeRefusal.CannotRun("worker is shutting down"),
            };
        }

        return new(plan, job, ResultsAsync(plan, job, caller)) { Read = read };
    }

    private async Task<IReadOnlyList<CommandResult>> ResultsAsync(RequestPlan plan, ServerJob job, Caller caller)
    {
        DocumentResult result;
        try
        {
            result = await job.Result;
        }
        catch (InvalidJobException invalid)
        {
            IReadOnlyList<CommandResult> refused = [.. plan.Commands.Select(_ => CommandResult.NotStarted(Words(invalid)))];
            metrics.Count(refused);
            return refused;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            throw GoJudgeRefusal.CannotRun(failure.Message);
        }

        if (job.StartedAt is null)
        {
            throw GoJudgeRefusal.CannotRun(result.Message);
        }

        var most = settings.Maximum.OutputBytes ?? long.MaxValue;
        try
        {
            // Whoever has gone meanwhile has what was kept forgotten by its age.
            var results = await new ResultTranslator(kept, caller.Tenant, most).TranslateAsync(plan, result, CancellationToken.None);
            metrics.Count(results);
            return results;
        }
        catch (Exception failure) when (failure is SandboxException or IOException or UnauthorizedAccessException)
        {
            throw GoJudgeRefusal.CannotRun("what is to be kept cannot be: " + failure.Message);
        }
    }

    private static string Words(InvalidJobException invalid) => string.Join("; ", invalid.Problems.Select(static problem => $"{problem.Pointer}: {problem.Message}"));
}

/// <summary>A request that was taken.</summary>
/// <param name="Plan">What it is run as.</param>
/// <param name="Job">What runs; null where nothing does.</param>
/// <param name="Results">Its results; fails with <see cref="GoJudgeRefusal"/>.</param>
internal sealed record GoJudgeRun(RequestPlan Plan, ServerJob? Job, Task<IReadOnlyList<CommandResult>> Results)
{
    /// <summary>Whoever reads its live streams says so here at their end.</summary>
    public TaskCompletionSource? Read { get; init; }

    /// <summary>Ends it.</summary>
    public void Cancel() => Job?.Cancel();
}
