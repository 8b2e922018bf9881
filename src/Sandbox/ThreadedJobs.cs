using Sandbox.Execution;
using Sandbox.Execution.Streams;
using Sandbox.Jobs;
using Sandbox.Sequence;
using Sandbox.Store;

namespace Sandbox;

/// <summary>The jobs of a runner that have a thread of their own each.</summary>
/// <param name="host">What they share.</param>
/// <param name="jobs">Counts them.</param>
/// <param name="observer">Hears of the moments of their lives; null for nobody.</param>
/// <param name="disposal">Ends all of them.</param>
internal sealed class ThreadedJobs(JobHost host, RunningJobs jobs, EventDelivery? observer, CancellationTokenSource disposal)
{
    /// <inheritdoc cref="SandboxRunner.RunAsync"/>
    public async Task<JobResult> RunOneAsync(JobSpec job, FileStore? files, CancellationToken cancellationToken)
    {
        var valid = JobValidator.Validate(job);
        LiveStreams.Refuse(job);
        var attachment = EventsOf(job.Name) is { } events ? new JobAttachment { Events = events } : null;
        return await Begin(valid, With(files, attachment), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same of a job of several processes.</summary>
    public Task<ProcessesResult> RunTogetherAsync(ProcessesJob several, FileStore? files, CancellationToken cancellationToken, Action<IReadOnlyList<SandboxJob>>? started = null) => ProcessesRun.RunAsync(
        several,
        started is null ? EventsOf : name => new JobEvents(name, DateTimeOffset.UtcNow, observer),
        (valid, attachment, ended) => Begin(valid, With(files, attachment), ended),
        started is null ? null : processes => started([.. processes.Select(static one => new SandboxJob(one.Attachment, one.Live, one.Attachment.Events!, one.End, one.Result))]),
        cancellationToken);

    /// <summary>The same of a job of steps.</summary>
    public Task<StepsResult> RunStepsAsync(StepsJob job, FileStore? files, CancellationToken cancellationToken)
    {
        JobValidator.Validate(job);
        var store = files?.Open() ?? new(host.Shared.StoreLocation);
        return new StepsRun(job, (one, ended) => RunOneAsync(one, files, ended), (several, ended) => RunTogetherAsync(several, files, ended), store, files is null ? StoreSize.OfEnvironment : files.Bytes, new(store, () => host.Shared.Images)).RunAsync(cancellationToken);
    }

    /// <inheritdoc cref="SandboxRunner.StartWatchedWithFilesAsync"/>
    public async Task<SandboxJob> StartAsync(JobSpec job, OutputObserver? onOutput, FileStore? files, InheritedStreams? inherited, CancellationToken cancellationToken)
    {
        var valid = JobValidator.Validate(job);
        cancellationToken.ThrowIfCancellationRequested();
        var live = new LiveStreams(job);
        var events = new JobEvents(job.Name, DateTimeOffset.UtcNow, observer);
        var attachment = new JobAttachment { Live = live, Events = events, Observer = onOutput, Inherited = inherited ?? InheritedStreams.OfThisProcess };
        _ = With(files, attachment);
        var end = new CancellationTokenSource();
        SandboxJob? started = null;
        try
        {
            var result = Begin(valid, attachment, end.Token);
            started = new SandboxJob(attachment, live, events, end, result);
            await Task.WhenAny(attachment.Connected, result).WaitAsync(cancellationToken).ConfigureAwait(false);
            return started;
        }
        catch
        {
            if (started is not null)
            {
                await started.DisposeAsync().ConfigureAwait(false);
            }

            await live.CloseAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static JobAttachment? With(FileStore? files, JobAttachment? attachment)
    {
        if (files is null)
        {
            return attachment;
        }

        attachment ??= new();
        (attachment.Files, attachment.FileBytes) = (files.Open(), files.Bytes);
        return attachment;
    }

    private JobEvents? EventsOf(string? name) => observer is null ? null : new JobEvents(name, DateTimeOffset.UtcNow, observer);

    private Task<JobResult> Begin(ValidJob valid, JobAttachment? attachment, CancellationToken cancellationToken)
    {
        // A thread of its own for the job's whole life: the supervisor polls, and outlives the result by the tear-down.
        var result = new TaskCompletionSource<JobResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        jobs.Enter();
        attachment?.Events?.Created();
        try
        {
            JobThreads.Start(() => Run(valid, attachment, result, cancellationToken));
        }
        catch (Exception failure)
        {
            attachment?.Events?.Completed(JobOutcome.OfFailure(valid.Spec, failure));
            jobs.Leave();
            throw;
        }

        return result.Task;
    }

    private void Run(ValidJob job, JobAttachment? attachment, TaskCompletionSource<JobResult> completion, CancellationToken cancellationToken)
    {
        JobRun? run = null;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, disposal.Token);
        try
        {
            var startedAt = DateTimeOffset.UtcNow;
            var result = WholeJob.Run(job, host, attachment, ended.Token, out run);
            SandboxTelemetry.Record(job.Spec, result, startedAt);
            result = result.Detached();
            attachment?.Events?.Completed(result);
            completion.SetResult(result);
        }
        catch (Exception failure) // whatever it is belongs to the caller, who awaits it
        {
            attachment?.Events?.Completed(JobOutcome.OfFailure(job.Spec, failure));
            completion.SetException(failure);
        }
        finally
        {
            run?.Dispose();
            attachment?.Disconnect();
            attachment?.Live?.Dispose();
            attachment?.Pipes?.Dispose();
            jobs.Leave();
        }
    }
}
