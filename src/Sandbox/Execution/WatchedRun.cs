using Sandbox.Host;
using Sandbox.Jobs;

namespace Sandbox.Execution;

/// <summary>A run that touches files of the host which somebody named: it has an end even if they never answer.</summary>
internal sealed class WatchedRun(JobRun run, ValidJob job, IReadOnlyList<NamedPath> paths, TimeProvider clock)
{
    /// <summary>The run was left to a thread of its own, which disposes of it if it ever comes to its end.</summary>
    public bool IsLeft { get; private set; }

    /// <summary>Runs the job to the end of its last process.</summary>
    /// <exception cref="SandboxException">It could not even be handed to the launcher, also because a file did not answer.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before it started.</exception>
    public JobResult Run(CancellationToken cancellationToken)
    {
        // Cancelled for a run that is left, too: it must not start its job if the file answers after all.
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var thread = new HostThread<JobResult>(() => run.Run(paths, cancellation.Token), clock, HostWatch.Limit);
        try
        {
            var result = thread.Run(run.Dispose, cancellationToken);
            cancellation.Dispose();
            return result;
        }
        catch (SandboxException failure) when (thread.IsLeft)
        {
            Leave(cancellation);
            return run.HasStarted ? SetupFailures.Lost(job.Spec, WithPointer(failure)) : throw WithPointer(failure);
        }
        catch (OperationCanceledException) when (thread.IsLeft)
        {
            Leave(cancellation);
            return run.HasStarted ? SetupFailures.Lost(job.Spec, WithPointer(thread.Waiting())) : throw new OperationCanceledException(cancellationToken);
        }
    }

    private void Leave(CancellationTokenSource cancellation)
    {
        IsLeft = true;
        cancellation.Cancel();
    }

    private SandboxException WithPointer(SandboxException failure) => failure.For(
        failure.Pointer ?? (failure.Path is { } path ? NamedPath.PointerOf(paths, path) : null),
        run.HasStarted ? JobPhase.Run : null);
}
