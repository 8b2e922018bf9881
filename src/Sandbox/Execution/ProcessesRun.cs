using Sandbox.Execution.Streams;
using Sandbox.Jobs;

namespace Sandbox.Execution;

/// <summary>A process of a job that is on its way, for a caller who stays with it.</summary>
/// <param name="Attachment">How to tell it something, and its events.</param>
/// <param name="Live">Its streams.</param>
/// <param name="End">Ends all of them.</param>
/// <param name="Result">What becomes of it.</param>
internal sealed record StartedProcess(JobAttachment Attachment, LiveStreams Live, CancellationTokenSource End, Task<JobResult> Result);

/// <summary>Runs the processes of a job, all of them at the same time.</summary>
internal static class ProcessesRun
{
    /// <summary>Runs them; over when nothing of any of them is left to run.</summary>
    /// <param name="job">The job; it is validated.</param>
    /// <param name="eventsOf">Makes the events of a process by its name; null where nobody hears of them, and nobody stays with the processes.</param>
    /// <param name="begin">Begins one.</param>
    /// <param name="started">Is given all of them once they are on their way, and disposes of them: their streams may be live then. Null where nobody stays with them.</param>
    /// <param name="cancellationToken">Ends all.</param>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    public static async Task<ProcessesResult> RunAsync(
        ProcessesJob job, Func<string?, JobEvents?> eventsOf, Func<ValidJob, JobAttachment?, CancellationToken, Task<JobResult>> begin, Action<IReadOnlyList<StartedProcess>>? started, CancellationToken cancellationToken)
    {
        JobValidator.Validate(job);
        if (started is null && job.Processes.SelectMany(static process => LiveStreams.Problems(process.Job)).ToList() is { Count: > 0 } problems)
        {
            throw new InvalidJobException(problems);
        }

        var jobs = job.Processes.Select(static process => JobValidator.ValidatePart(process.Job)).ToList();
        var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var disposal = started is null ? abandoned : null; // whoever stays with them may end them at any time
        var end = new JointEnd(job, abandoned);
        var live = started is null ? [] : OpenAll(job);
        using var pipes = PipeSet.Open(job, end);
        var attachments = pipes.Ends.Select((ends, index) => new JobAttachment
        {
            Pipes = ends,
            Observer = end.ObserverOf(index),
            Events = eventsOf(job.Processes[index].Job.Name),
            Live = live.ElementAtOrDefault(index),
        }).ToList();
        var running = new List<Task<JobResult>>(jobs.Count);
        try
        {
            for (var index = 0; index < jobs.Count; index++)
            {
                running.Add(begin(jobs[index], attachments[index], abandoned.Token));
            }

            started?.Invoke([.. attachments.Select((attachment, index) => new StartedProcess(attachment, live[index], abandoned, running[index]))]);
            var results = await WithinTimeAsync(end, attachments, running).ConfigureAwait(false);
            return ProcessesOutcome.Of(job, results, attachments, pipes.Finish(), end.Stop);
        }
        catch
        {
            // Refused half-way, or an image that cannot be: the others are of no use to anybody, and nobody would hear of their end.
            await abandoned.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var streams in running.Count < jobs.Count ? live : [])
            {
                await streams.CloseAsync().ConfigureAwait(false); // nobody was given them
            }

            throw;
        }
    }

    private static List<LiveStreams> OpenAll(ProcessesJob job)
    {
        var live = new List<LiveStreams>();
        try
        {
            foreach (var process in job.Processes)
            {
                live.Add(new(process.Job));
            }

            return live;
        }
        catch
        {
            live.ForEach(static streams => _ = streams.CloseAsync().AsTask());
            throw;
        }
    }

    private static async Task<JobResult[]> WithinTimeAsync(JointEnd end, List<JobAttachment> attachments, List<Task<JobResult>> running)
    {
        using var ended = new CancellationTokenSource();
        var begun = Task.WhenAll(attachments.Select((attachment, index) => Task.WhenAny(attachment.Connected, running[index])));
        var watch = end.WatchTimeAsync(begun, ended.Token);
        try
        {
            return await Task.WhenAll(running).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await watch.ConfigureAwait(false);
        }
    }
}
