using Sandbox.Server.Settings;
using Sandbox.Server.State;

namespace Sandbox.Server.Jobs;

/// <summary>Takes over the jobs of the server that had the state directory before.</summary>
/// <param name="table">Gets them.</param>
/// <param name="state">Where they are.</param>
/// <param name="settings">What jobs may have now.</param>
/// <param name="time">The clock.</param>
internal sealed class JobRestore(JobTable table, StateDirectory state, ServerSettings settings, TimeProvider time)
{
    private const string Lost = "the server ended while the job ran";

    /// <summary>What never started waits again, what ran is lost and says so, what is over is as it was.</summary>
    /// <returns>How many of each.</returns>
    public (int Resumed, int Lost, int Over) Run()
    {
        var (resumed, lost) = (0, 0);
        var over = new List<(JobRecord Record, long Bytes)>();
        var waiting = new List<(JobRequest Request, JobRecord Record)>();
        foreach (var job in state.Load())
        {
            if (job.State == KeptState.Done)
            {
                over.Add((job.Record, job.Bytes));
                continue;
            }

            var intake = JobIntake.Read(job.Request, job.Record.StdinIsLive, settings);
            var why = job.State == KeptState.Started ? Lost
                : intake.Job is null ? "not started: this server does not take the job any more: " + intake.Title
                : job.Record.StartBefore <= time.GetUtcNow() ? "not started: its time to start passed while it waited for a slot"
                : intake.Job.MemoryAtOnce() > settings.Queue.MemoryBytes ? "not started: its memory limit is above what this server has for all jobs together"
                : null;
            if (why is null)
            {
                waiting.Add((Request(job, intake), job.Record));
                continue;
            }

            lost += job.State == KeptState.Started ? 1 : 0;
            over.Add(End(job, intake.Job, why));
        }

        foreach (var (record, bytes) in over.OrderBy(static one => one.Record.End!.At))
        {
            table.Restore(record, bytes, () => state.ReadResult(record.Id));
        }

        foreach (var (request, record) in waiting)
        {
            table.Resume(request, record);
            resumed++;
        }

        return (resumed, lost, over.Count - lost);
    }

    private JobRequest Request(KeptJob job, Intake intake) => new()
    {
        Spec = intake.Job!,
        Held = () => new(settings.Allowed),
        ChangedLimits = intake.ChangedLimits,
        Owner = job.Record.Owner,
        Queue = new()
        {
            Account = job.Record.Owner,
            Tenant = job.Record.Tenant,
            Priority = job.Record.Priority,
            StartBefore = job.Record.StartBefore - time.GetUtcNow(),
            MemoryBytes = intake.Job!.MemoryAtOnce() ?? settings.Queue.MemoryBytes,
            WasLetIn = true,
        },
        Key = job.Record.Key,
        IsDurable = true,
        Body = job.Request,
    };

    private (JobRecord Record, long Bytes) End(KeptJob job, JobDocument? document, string why)
    {
        document ??= new JobSpec { Command = [] };
        var result = job.State == KeptState.Started ? LostJob.Of(document, why) : document.CancelledBeforeStart(why);
        var record = job.Record with { End = new() { At = time.GetUtcNow(), Name = result.Name, Verdict = result.Verdict, Message = result.Message } };
        var json = ServerJob.Json(result);
        state.FinishAsync(record, json).GetAwaiter().GetResult();
        return (record, json.Length);
    }
}

/// <summary>The result of a job of which nobody knows what became: <see cref="Verdict.InternalError"/>, and never a verdict on the job.</summary>
internal static class LostJob
{
    /// <summary>The result of a job of any form.</summary>
    /// <param name="job">The job.</param>
    /// <param name="why">In a sentence.</param>
    public static DocumentResult Of(JobDocument job, string why) => job.CancelledBeforeStart(why) switch
    {
        JobResult one => Of(one, why),
        ProcessesResult several => several with { Verdict = Verdict.InternalError, Processes = [.. several.Processes.Select(process => process with { Result = Of(process.Result, why) })] },
        var other => other with { Verdict = Verdict.InternalError },
    };

    private static JobResult Of(JobResult result, string why) => result with { Verdict = Verdict.InternalError, Error = new() { Message = why } };
}
