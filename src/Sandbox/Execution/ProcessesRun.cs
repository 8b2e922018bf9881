using Sandbox.Execution.Streams;
using Sandbox.Jobs;

namespace Sandbox.Execution;

/// <summary>Runs the processes of a job, all of them at the same time.</summary>
internal static class ProcessesRun
{
    /// <summary>Runs them; over when nothing of any of them is left to run.</summary>
    /// <param name="job">The job; it is validated.</param>
    /// <param name="eventsOf">Makes the events of a process by its name; null where nobody hears of them.</param>
    /// <param name="begin">Begins one.</param>
    /// <param name="cancellationToken">Ends all.</param>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    public static async Task<ProcessesResult> RunAsync(
        ProcessesJob job, Func<string?, JobEvents?> eventsOf, Func<ValidJob, JobAttachment?, CancellationToken, Task<JobResult>> begin, CancellationToken cancellationToken)
    {
        JobValidator.Validate(job);
        if (job.Processes.SelectMany(static process => LiveStreams.Problems(process.Job)).ToList() is { Count: > 0 } problems)
        {
            throw new InvalidJobException(problems);
        }

        var jobs = job.Processes.Select(static process => JobValidator.ValidatePart(process.Job)).ToList();
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var end = new JointEnd(job, abandoned);
        using var pipes = PipeSet.Open(job, end);
        var attachments = pipes.Ends.Select((ends, index) => new JobAttachment
        {
            Pipes = ends,
            Observer = end.ObserverOf(index),
            Events = eventsOf(job.Processes[index].Job.Name),
        }).ToList();
        var running = new List<Task<JobResult>>(jobs.Count);
        try
        {
            for (var index = 0; index < jobs.Count; index++)
            {
                running.Add(begin(jobs[index], attachments[index], abandoned.Token));
            }

            var results = await WithinTimeAsync(end, attachments, running).ConfigureAwait(false);
            return ProcessesOutcome.Of(job, results, attachments, pipes.Finish(), end.Stop);
        }
        catch
        {
            // Refused half-way, or an image that cannot be: the others are of no use to anybody, and nobody would hear of their end.
            await abandoned.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
