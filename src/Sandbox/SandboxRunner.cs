using Sandbox.Execution;
using Sandbox.Execution.Streams;
using Sandbox.Host;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Sequence;
using Sandbox.Store;

namespace Sandbox;

/// <summary>Runs jobs, each in a sandbox of its own. Safe for use from many threads; jobs may run at the same time.</summary>
/// <param name="options">What the host decides for all its jobs; null for the defaults.</param>
public sealed class SandboxRunner(SandboxOptions? options = null) : IDisposable, IAsyncDisposable
{
    private readonly JobHost _host = new(options ?? new());
    private readonly EventDelivery? _observer = options?.OnEvent is { } observer ? new EventDelivery(observer) : null;
    private readonly RunningJobs _jobs = new(typeof(SandboxRunner));
    private readonly CancellationTokenSource _disposal = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JobRun? _unfinished;

    /// <summary>How many jobs it has now, from the moment they are taken on until nothing is left of them.</summary>
    public int RunningJobs => _jobs.Count;

    /// <summary>Counts the sandboxes that are prepared for jobs to come, which depends on those that came before; reads some files of /proc for each.</summary>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    public PreparedSandboxes CountPrepared()
    {
        _jobs.ThrowIfDisposed();
        return _host.Prepared;
    }

    /// <summary>The sandboxes that it has now, in the order in which it took them on: one for each job, several for a job of several processes or steps. Looks at nothing.</summary>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    public IReadOnlyList<RunningSandbox> ListRunning()
    {
        _jobs.ThrowIfDisposed();
        return [.. _host.Presences.All.Select(static job => new RunningSandbox(job))];
    }

    /// <summary>What is wrong with options, as far as looking can tell, so that a host hears of it before its first job, which would fail for it.</summary>
    /// <param name="options">The options.</param>
    /// <returns>Every problem, one sentence each without a full stop; empty for none.</returns>
    public static IReadOnlyList<string> Check(SandboxOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return OptionCheck.Problems(options);
    }

    /// <summary>Runs one job to its end.</summary>
    /// <param name="job">What to run; it is validated first, and nothing is started if it is not valid.</param>
    /// <param name="cancellationToken">Kills the job's whole tree; the result then says <see cref="Verdict.Cancelled"/>, as it does where the runner is disposed of.</param>
    /// <returns>
    /// The result, whatever became of the job. A failure of the sandbox is <see cref="Verdict.SetupError"/> or
    /// <see cref="Verdict.InternalError"/> with <see cref="JobResult.Error"/>, never a verdict on the job. Whatever is thrown comes through the task.
    /// </returns>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="JobRefusedException">The runner is being drained.</exception>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    public Task<JobResult> RunAsync(JobSpec job, CancellationToken cancellationToken = default) => RunOneAsync(job, null, cancellationToken);

    /// <summary>Runs a job of any form to its end.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public Task<DocumentResult> RunDocumentAsync(JobDocument job, CancellationToken cancellationToken = default) => RunDocumentWithFilesAsync(job, null, cancellationToken);

    /// <summary>Runs a job of any form to its end, with files of another store than this runner's.</summary>
    /// <param name="job">As of <see cref="RunAsync"/>.</param>
    /// <param name="files">
    /// The store from which it has the files that it names by their SHA-256, and which gets those that it keeps: the runner's, or below it, such as
    /// <see cref="FileStore.OfTenant"/> of that. Null: the runner's. Images are the runner's in any case.
    /// </param>
    /// <param name="cancellationToken">As of <see cref="RunAsync"/>.</param>
    /// <inheritdoc cref="RunAsync"/>
    public async Task<DocumentResult> RunDocumentWithFilesAsync(JobDocument job, FileStore? files, CancellationToken cancellationToken = default) => job switch
    {
        JobSpec single => await RunOneAsync(single, files, cancellationToken).ConfigureAwait(false),
        ProcessesJob several => await RunTogetherAsync(several, files, cancellationToken).ConfigureAwait(false),
        StepsJob steps => await RunSteps(steps, files, cancellationToken).ConfigureAwait(false),
        _ => throw new ArgumentNullException(nameof(job)),
    };

    /// <summary>Runs a job of several processes to its end, for a caller who stays with them.</summary>
    /// <param name="job">What to run; it is validated first. Streams of its processes may be <see cref="Stdin.Live"/> and <see cref="OutputStream.Live"/>.</param>
    /// <param name="started">
    /// Is given the processes, in the order of the job, once all of them are on their way; they are to be disposed of after the result. <see cref="SandboxJob.Kill"/> of one ends all. To return at once; not called for a job that is refused.
    /// </param>
    /// <param name="files">As of <see cref="RunDocumentWithFilesAsync"/>.</param>
    /// <param name="cancellationToken">As of <see cref="RunAsync"/>.</param>
    /// <inheritdoc cref="RunAsync"/>
    public Task<ProcessesResult> RunTogetherAsync(ProcessesJob job, Action<IReadOnlyList<SandboxJob>> started, FileStore? files = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(started);
        return RunTogetherAsync(job, files, cancellationToken, started);
    }

    /// <summary>Starts one job for a caller who stays with it; returns once it was started, or cannot be, which its result then says.</summary>
    /// <param name="job">What to run; it is validated first, and nothing is started if it is not valid. Its streams may be <see cref="Stdin.Live"/> and <see cref="OutputStream.Live"/>.</param>
    /// <param name="cancellationToken">Gives the start up; <see cref="SandboxJob.Kill"/> ends a job that was started.</param>
    /// <returns>The job, to be disposed of. Whatever is thrown comes through the task.</returns>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="OperationCanceledException">It was given up; nothing of the job is left.</exception>
    /// <exception cref="JobRefusedException">The runner is being drained.</exception>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    /// <exception cref="SandboxException">There are no descriptors for its live streams.</exception>
    public Task<SandboxJob> StartAsync(JobSpec job, CancellationToken cancellationToken = default) => BeginLiveAsync(job, null, null, cancellationToken);

    /// <summary>As <see cref="StartAsync"/>, with somebody who hears what the job writes, wherever that goes: a job whose output is captured can be watched.</summary>
    /// <param name="job">As of <see cref="StartAsync"/>.</param>
    /// <param name="onOutput">Hears every piece.</param>
    /// <param name="inherited">What "inherit" means for this job; null for the standard streams of this process. To be kept open until it is started.</param>
    /// <param name="cancellationToken">As of <see cref="StartAsync"/>.</param>
    /// <inheritdoc cref="StartAsync"/>
    public Task<SandboxJob> StartWatchedAsync(JobSpec job, OutputObserver onOutput, InheritedStreams? inherited = null, CancellationToken cancellationToken = default) =>
        StartWatchedWithFilesAsync(job, onOutput, null, inherited, cancellationToken);

    /// <summary>The same with files of another store than this runner's.</summary>
    /// <param name="job">As of <see cref="StartAsync"/>.</param>
    /// <param name="onOutput">Hears every piece.</param>
    /// <param name="files">As of <see cref="RunDocumentWithFilesAsync"/>.</param>
    /// <param name="inherited">As of <see cref="StartWatchedAsync"/>.</param>
    /// <param name="cancellationToken">As of <see cref="StartAsync"/>.</param>
    /// <inheritdoc cref="StartAsync"/>
    public Task<SandboxJob> StartWatchedWithFilesAsync(JobSpec job, OutputObserver onOutput, FileStore? files, InheritedStreams? inherited = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(onOutput);
        return BeginLiveAsync(job, onOutput, files, cancellationToken, inherited);
    }

    /// <summary>
    /// What <c>sandbox plan</c> prints: every step the kernel would be asked for, the mount table and what holds each limit; starts nothing. An image that is
    /// given by its path is unpacked into the image store if it is not there.
    /// </summary>
    /// <param name="job">The job; it may not have live streams.</param>
    /// <param name="cancellationToken">Ends the waiting for a free core, and for files of the host that do not answer.</param>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="SandboxException">The policy cannot be loaded.</exception>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public string DescribePlan(JobDocument job, CancellationToken cancellationToken = default) => Describe(job, PlanPrinter.Print, cancellationToken);

    /// <summary>
    /// What <c>sandbox plan --summary</c> prints, on one page: what the job would see, who holds its limits, its network and policy, and what this host
    /// does not hold as well as it could; starts nothing.
    /// </summary>
    /// <param name="job">The job; it may not have live streams.</param>
    /// <param name="cancellationToken">As of <see cref="DescribePlan"/>.</param>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="SandboxException">The policy cannot be loaded.</exception>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public string SummarizePlan(JobDocument job, CancellationToken cancellationToken = default) => Describe(job, PlanSummary.Print, cancellationToken);

    /// <summary>
    /// Takes no more jobs (<see cref="JobRefusedException"/>) and waits until those that run have ended by themselves, and <see cref="SandboxOptions.OnEvent"/> has
    /// heard of it; not to be waited for there. May be asked for again, also after the runner was disposed of, which ends jobs at once.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting and nothing else: the jobs run on, until the runner is disposed of.</param>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        _jobs.Close();
        await _jobs.Gone.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_observer is not null)
        {
            await _observer.Delivered.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends every job that still runs, with the verdict <see cref="Verdict.Cancelled"/>; over when nothing of any job is left. No thread of the caller's is kept
    /// for it. <see cref="SandboxOptions.OnEvent"/> may hear of it later: <see cref="DrainAsync"/> waits for that, too.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_jobs.CloseForGood())
        {
            try
            {
                // On threads of their own: telling jobs to end, and taking the launcher's end, are short waits for the kernel.
                await OnOwnThread(EndJobs).ConfigureAwait(false);
                await _jobs.Gone.ConfigureAwait(false);
                await OnOwnThread(Release).ConfigureAwait(false);
            }
            finally
            {
                _released.SetResult();
            }
        }

        await _released.Task.ConfigureAwait(false);
    }

    /// <summary>The same as <see cref="DisposeAsync"/>, on the calling thread, which it blocks until nothing of any job is left: milliseconds as a rule, seconds for jobs that hang in the kernel.</summary>
    public void Dispose()
    {
        if (_jobs.CloseForGood())
        {
            try
            {
                EndJobs();
                _jobs.Gone.Wait();
                Release();
            }
            finally
            {
                _released.SetResult();
            }
        }

        _released.Task.Wait();
    }

    /// <summary>Takes over a launcher that is running already.</summary>
    internal void Adopt(Launcher launcher) => _host.Adopt(launcher);

    /// <inheritdoc cref="JobHost.WhenLasting"/>
    internal void WhenLasting(Action call) => _host.WhenLasting = call;

    /// <summary>One job more, on the calling thread.</summary>
    internal void ExpectNoMore() => _host.ExpectsNoMore = true;

    /// <summary>
    /// Runs one job on the calling thread; its tear-down is over when the next job begins or the runner is disposed, and what was captured
    /// is valid until then.
    /// </summary>
    internal JobResult Run(JobSpec job, CancellationToken cancellationToken) => Run(job, null, cancellationToken);

    /// <summary>The same, with a caller who stays with the job.</summary>
    internal JobResult Run(JobSpec job, JobAttachment? attachment, CancellationToken cancellationToken)
    {
        _jobs.ThrowIfDisposed();
        var valid = JobValidator.Validate(job);
        RefuseLive(job);
        var startedAt = DateTimeOffset.UtcNow;
        _unfinished?.Dispose();
        var result = Outcome(valid, attachment, cancellationToken, out _unfinished);
        SandboxTelemetry.Record(job, result, startedAt);
        return result;
    }

    // Nobody would read or write them.
    private static void RefuseLive(JobSpec job)
    {
        if (LiveStreams.Problems(job) is { Count: > 0 } problems)
        {
            throw new InvalidJobException(problems);
        }
    }

    private JobEvents? EventsOf(string? name) => _observer is null ? null : new JobEvents(name, DateTimeOffset.UtcNow, _observer);

    private async Task<JobResult> RunOneAsync(JobSpec job, FileStore? files, CancellationToken cancellationToken)
    {
        var valid = JobValidator.Validate(job);
        RefuseLive(job);
        var attachment = EventsOf(job.Name) is { } events ? new JobAttachment { Events = events } : null;
        return await Begin(valid, With(files, attachment), cancellationToken).ConfigureAwait(false);
    }

    private Task<ProcessesResult> RunTogetherAsync(ProcessesJob several, FileStore? files, CancellationToken cancellationToken, Action<IReadOnlyList<SandboxJob>>? started = null) =>
        ProcessesRun.RunAsync(several, started is null ? EventsOf : name => new JobEvents(name, DateTimeOffset.UtcNow, _observer), (valid, attachment, ended) => Begin(valid, With(files, attachment), ended), started, cancellationToken);

    private Task<StepsResult> RunSteps(StepsJob job, FileStore? files, CancellationToken cancellationToken, InheritedStreams? inherited = null)
    {
        JobValidator.Validate(job);
        var store = files?.Open() ?? new(_host.Shared.StoreLocation);
        return new StepsRun(job, (one, ended) => RunOneAsync(one, files, ended), (several, ended) => RunTogetherAsync(several, files, ended), store, files is null ? StoreSize.OfEnvironment : files.Bytes, new(store, () => _host.Shared.Images)).RunAsync(cancellationToken);
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

    // What goes into the store is collected first, as any output.
    private JobResult Outcome(ValidJob job, JobAttachment? attachment, CancellationToken cancellationToken, out JobRun? unfinished)
    {
        var presence = new JobPresence(job.Spec, attachment?.Events?.JobId, DateTimeOffset.UtcNow);
        var place = _host.Presences.Enter(presence);
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, presence.Ended);
            var result = Outcome(job, attachment, presence, ended.Token, out unfinished);
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
            _host.Presences.Leave(place);
        }
    }

    private JobResult Outcome(ValidJob job, JobAttachment? attachment, JobPresence presence, CancellationToken cancellationToken, out JobRun? unfinished)
    {
        unfinished = null;
        try
        {
            using var stored = StoredOutputs.Of(job.Spec);
            if (stored is null)
            {
                return JobOutcome.Of(job, _host, attachment, presence, cancellationToken, out unfinished);
            }

            var (store, most) = (attachment?.Files ?? _host.Shared.Store, (attachment?.FileBytes ?? StoreSize.OfEnvironment)());
            var result = JobOutcome.Of(stored.Redirected(job), _host, attachment, presence, cancellationToken, out unfinished);
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

    private async Task<SandboxJob> BeginLiveAsync(JobSpec job, OutputObserver? onOutput, FileStore? files, CancellationToken cancellationToken, InheritedStreams? inherited = null)
    {
        var valid = JobValidator.Validate(job);
        cancellationToken.ThrowIfCancellationRequested();
        var live = new LiveStreams(job);
        var events = new JobEvents(job.Name, DateTimeOffset.UtcNow, _observer);
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

    private Task<JobResult> Begin(ValidJob valid, JobAttachment? attachment, CancellationToken cancellationToken)
    {
        // A thread of its own for the job's whole life: the supervisor polls, and outlives the result by the tear-down.
        var result = new TaskCompletionSource<JobResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _jobs.Enter();
        attachment?.Events?.Created();
        try
        {
            JobThreads.Start(() => Run(valid, attachment, result, cancellationToken));
        }
        catch (Exception failure)
        {
            attachment?.Events?.Completed(JobOutcome.OfFailure(valid.Spec, failure));
            _jobs.Leave();
            throw;
        }

        return result.Task;
    }

    private void EndJobs()
    {
        // Jobs are ended first, and the launcher after them: one that lost its launcher could not say what became of it.
        _host.Close();
        _disposal.Cancel();
        _unfinished?.Dispose();
    }

    private void Release()
    {
        _host.Dispose();
        _disposal.Dispose();
    }

    private static Task OnOwnThread(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    private string Describe(JobDocument document, Func<PlanFacts, string> print, CancellationToken cancellationToken)
    {
        if (document is ProcessesJob several)
        {
            JobValidator.Validate(several);
        }
        else if (document is JobSpec single)
        {
            _ = JobValidator.Validate(single);
        }

        var parts = document.Parts().Select(part => (part.Pointer, Plan: Describe(part.Job, print, cancellationToken)));
        return string.Join('\n', parts.Select(static part => part.Pointer.Length == 0 ? part.Plan : $"== {part.Pointer}\n{part.Plan}"));
    }

    private string Describe(JobSpec asked, Func<PlanFacts, string> print, CancellationToken cancellationToken)
    {
        _jobs.ThrowIfDisposed();
        _ = JobValidator.ValidatePart(asked);
        var job = StoredOutputs.Without(asked);
        var valid = JobValidator.ValidatePart(job);
        RefuseLive(job);
        var paths = NamedPath.AllOf(job, () => _host.Shared.StoreLocation);
        string Describe() => print(Plan(valid, paths, cancellationToken));
        var thread = new HostThread<string>(Describe, TimeProvider.System, HostWatch.Limit);
        return paths.Count == 0 ? Describe() : thread.Run(static () => { }, cancellationToken);
    }

    private PlanFacts Plan(ValidJob valid, IReadOnlyList<NamedPath> paths, CancellationToken cancellationToken)
    {
        using var prepared = new JobPreparation(valid, _host, attachment: null);
        prepared.Acquire(paths, cancellationToken);
        prepared.CheckFiles();
        return prepared.ToFacts();
    }

    private void Run(ValidJob job, JobAttachment? attachment, TaskCompletionSource<JobResult> completion, CancellationToken cancellationToken)
    {
        JobRun? run = null;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
        try
        {
            var startedAt = DateTimeOffset.UtcNow;
            var result = Outcome(job, attachment, ended.Token, out run);
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
            _jobs.Leave();
        }
    }
}
