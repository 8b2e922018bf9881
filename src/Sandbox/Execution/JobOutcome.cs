using Sandbox.Jobs;

namespace Sandbox.Execution;

/// <summary>Runs one job and makes a result of whatever becomes of it.</summary>
internal static class JobOutcome
{
    /// <summary>The result. A job whose launcher or pid 1 was killed before anything of it ran gets another one, once.</summary>
    /// <param name="job">The job.</param>
    /// <param name="host">What it shares with others.</param>
    /// <param name="attachment">A caller who stays with it; null for none.</param>
    /// <param name="presence">The job as others see it; null where nobody does.</param>
    /// <param name="cancellationToken">Kills the job's whole tree.</param>
    /// <param name="unfinished">What is still to be disposed of; null for nothing.</param>
    /// <exception cref="InvalidJobException">The job is not valid, which its image has shown.</exception>
    public static JobResult Of(ValidJob job, JobHost host, JobAttachment? attachment, JobPresence? presence, CancellationToken cancellationToken, out JobRun? unfinished)
    {
        var result = Once(job, host, attachment, presence, cancellationToken, out unfinished);
        if (unfinished is not { CanRunAgain: true })
        {
            return result;
        }

        unfinished.GiveBack();
        return Once(job, host, attachment, presence, cancellationToken, out unfinished);
    }

    private static JobResult Once(ValidJob job, JobHost host, JobAttachment? attachment, JobPresence? presence, CancellationToken cancellationToken, out JobRun? unfinished)
    {
        unfinished = null;
        try
        {
            unfinished = new JobRun(job, host, attachment, presence);
            var paths = NamedPath.AllOf(job.Spec, () => host.Shared.StoreLocation);
            if (paths.Count == 0)
            {
                return unfinished.Run(paths, cancellationToken);
            }

            var watched = new WatchedRun(unfinished, job, paths, TimeProvider.System);
            try
            {
                return watched.Run(cancellationToken);
            }
            finally
            {
                unfinished = watched.IsLeft ? null : unfinished;
            }
        }
        catch (SandboxException failure)
        {
            return SetupFailures.NotRun(job.Spec, failure);
        }
        catch (OperationCanceledException)
        {
            return JobResult.NotRun(job.Spec.Name, Verdict.Cancelled, "cancelled by the caller before it started", null);
        }
        catch (Exception failure) when (failure is not InvalidJobException)
        {
            // A fault of the sandbox, or want of memory: whatever it is, it is no verdict on the job, and no result is lost for it.
            return OfFailure(job.Spec, failure);
        }
    }

    /// <summary>The result that says what an exception says.</summary>
    public static JobResult OfFailure(JobSpec job, Exception failure)
    {
        if (failure is InvalidJobException invalid)
        {
            return JobResult.Of(invalid, job.Name);
        }

        var error = SetupFailures.Of(failure);
        return JobResult.NotRun(job.Name, Verdict.InternalError, error.Message, error);
    }
}
