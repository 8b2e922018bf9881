using Sandbox.Execution;
using Sandbox.Jobs;
using Sandbox.Store;

namespace Sandbox.Sequence;

/// <summary>One job with what is around it: the place among those that others see, and the outputs that go into the store.</summary>
internal static class WholeJob
{
    /// <summary>Runs it, as <see cref="JobOutcome.Of"/> does.</summary>
    /// <param name="job">The job.</param>
    /// <param name="host">What it shares with others.</param>
    /// <param name="attachment">A caller who stays with it; null for none.</param>
    /// <param name="cancellationToken">Kills the job's whole tree.</param>
    /// <param name="unfinished">What is still to be disposed of; null for nothing.</param>
    /// <exception cref="InvalidJobException">The job is not valid, which its image has shown.</exception>
    public static JobResult Run(ValidJob job, JobHost host, JobAttachment? attachment, CancellationToken cancellationToken, out JobRun? unfinished)
    {
        var presence = new JobPresence(job.Spec, attachment?.Events?.JobId, DateTimeOffset.UtcNow);
        var place = host.Presences.Enter(presence);
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, presence.Ended);
            var result = Run(job, host, attachment, presence, ended.Token, out unfinished);
            presence.Complete(result);
            return result;
        }
        catch (Exception failure)
        {
            presence.Complete(JobOutcome.OfFailure(job.Spec, failure));
            throw;
        }
        finally
        {
            host.Presences.Leave(place);
        }
    }

    // What goes into the store is collected first, as any output.
    private static JobResult Run(ValidJob job, JobHost host, JobAttachment? attachment, JobPresence presence, CancellationToken cancellationToken, out JobRun? unfinished)
    {
        unfinished = null;
        try
        {
            using var stored = StoredOutputs.Of(job.Spec);
            if (stored is null)
            {
                return JobOutcome.Of(job, host, attachment, presence, cancellationToken, out unfinished);
            }

            var (store, most) = (attachment?.Files ?? host.Shared.Store, (attachment?.FileBytes ?? StoreSize.OfEnvironment)());
            var result = JobOutcome.Of(stored.Redirected(job), host, attachment, presence, cancellationToken, out unfinished);
            return result.Outputs.Count == 0 ? result : stored.Store(result, store, most);
        }
        catch (SandboxException failure)
        {
            return SetupFailures.NotRun(job.Spec, failure);
        }
        catch (Exception failure) when (failure is FormatException or IOException or UnauthorizedAccessException)
        {
            return JobOutcome.OfFailure(job.Spec, failure);
        }
    }
}
