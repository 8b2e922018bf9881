using Sandbox.Execution;
using Sandbox.Execution.Streams;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Sequence;

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
    public Task<JobResult> RunAsync(JobSpec job, CancellationToken cancellationToken = default) => Jobs.RunOneAsync(job, null, cancellationToken);

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
        JobSpec single => await Jobs.RunOneAsync(single, files, cancellationToken).ConfigureAwait(false),
        ProcessesJob several => await Jobs.RunTogetherAsync(several, files, cancellationToken).ConfigureAwait(false),
        StepsJob steps => await Jobs.RunStepsAsync(steps, files, cancellationToken).ConfigureAwait(false),
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
        return Jobs.RunTogetherAsync(job, files, cancellationToken, started);
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
    public Task<SandboxJob> StartAsync(JobSpec job, CancellationToken cancellationToken = default) => Jobs.StartAsync(job, null, null, null, cancellationToken);

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
        return Jobs.StartAsync(job, onOutput, files, inherited, cancellationToken);
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
        LiveStreams.Refuse(job);
        var startedAt = DateTimeOffset.UtcNow;
        _unfinished?.Dispose();
        var result = WholeJob.Run(valid, _host, attachment, cancellationToken, out _unfinished);
        SandboxTelemetry.Record(job, result, startedAt);
        return result;
    }

    private ThreadedJobs Jobs => new(_host, _jobs, _observer, _disposal);

    private string Describe(JobDocument job, Func<PlanFacts, string> print, CancellationToken cancellationToken)
    {
        _jobs.ThrowIfDisposed();
        return new PlanDescription(_host).Of(job, print, cancellationToken);
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
}
