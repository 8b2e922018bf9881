using Sandbox.Execution;
using Sandbox.Host;
using Sandbox.Jobs;
using Sandbox.Planning;

namespace Sandbox;

/// <summary>Runs jobs, each in a sandbox of its own. Safe for use from many threads; jobs may run at the same time.</summary>
/// <param name="options">What the host decides for all its jobs; null for the defaults.</param>
public sealed class SandboxRunner(SandboxOptions? options = null) : IDisposable
{
    private readonly JobHost _host = new(options ?? new());
    private readonly CountdownEvent _active = new(1);
    private readonly CancellationTokenSource _disposal = new();
    private readonly Lock _entry = new();
    private bool _isDisposed;
    private JobRun? _unfinished;

    /// <summary>Runs one job to its end.</summary>
    /// <param name="job">What to run; it is validated first, and nothing is started if it is not valid.</param>
    /// <param name="cancellationToken">Kills the job's whole tree; the result then says <see cref="Verdict.Cancelled"/>, as it does where the runner is disposed of.</param>
    /// <returns>
    /// The result, whatever became of the job. A failure of the sandbox is <see cref="Verdict.SetupError"/> or
    /// <see cref="Verdict.InternalError"/> with <see cref="JobResult.Error"/>, never a verdict on the job.
    /// </returns>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    public Task<JobResult> RunAsync(JobSpec job, CancellationToken cancellationToken = default)
    {
        try
        {
            var valid = JobValidator.Validate(job);
            RefuseLive(job);
            return Begin(valid, null, cancellationToken);
        }
        catch (InvalidJobException invalid)
        {
            return Task.FromException<JobResult>(invalid);
        }
    }

    /// <summary>Starts one job for a caller who stays with it; returns once it was started, or cannot be, which its result then says.</summary>
    /// <param name="job">What to run; it is validated first, and nothing is started if it is not valid. Its streams may be <see cref="Stdin.Live"/> and <see cref="OutputStream.Live"/>.</param>
    /// <param name="cancellationToken">Gives the start up; <see cref="SandboxJob.Kill"/> ends a job that was started.</param>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="OperationCanceledException">It was given up; nothing of the job is left.</exception>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    /// <exception cref="SandboxException">There are no descriptors for its live streams.</exception>
    public async Task<SandboxJob> StartAsync(JobSpec job, CancellationToken cancellationToken = default)
    {
        var valid = JobValidator.Validate(job);
        cancellationToken.ThrowIfCancellationRequested();
        var live = new LiveStreams(job);
        var attachment = new JobAttachment { Live = live };
        var end = new CancellationTokenSource();
        SandboxJob? started = null;
        try
        {
            var result = Begin(valid, attachment, end.Token);
            started = new SandboxJob(attachment, live, end, result);
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

    /// <summary>
    /// What <c>sandbox plan</c> prints: every step the kernel would be asked for, the mount table and what holds each limit; starts nothing. An image that is
    /// given by its path is unpacked into the image store if it is not there.
    /// </summary>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="SandboxException">The policy cannot be loaded.</exception>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    public string DescribePlan(JobSpec job) => Describe(job, PlanPrinter.Print);

    /// <summary>
    /// What <c>sandbox plan --summary</c> prints, on one page: what the job would see, who holds its limits, its network and policy, and what this host
    /// does not hold as well as it could; starts nothing.
    /// </summary>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="SandboxException">The policy cannot be loaded.</exception>
    /// <exception cref="ObjectDisposedException">The runner was disposed of.</exception>
    public string SummarizePlan(JobSpec job) => Describe(job, PlanSummary.Print);

    /// <summary>Ends every job that still runs, with the verdict <see cref="Verdict.Cancelled"/>; returns when nothing of any job is left.</summary>
    public void Dispose()
    {
        lock (_entry)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        // Jobs are ended first, and the launcher after them: one that lost its launcher could not say what became of it.
        _host.Close();
        _disposal.Cancel();
        _unfinished?.Dispose();
        _active.Signal();
        _active.Wait();
        _host.Dispose();
        _disposal.Dispose();
        _active.Dispose();
    }

    /// <summary>Takes over a launcher that is running already.</summary>
    internal void Adopt(Launcher launcher) => _host.Adopt(launcher);

    /// <summary>
    /// Runs one job on the calling thread; its tear-down is over when the next job begins or the runner is disposed, and what was captured
    /// is valid until then.
    /// </summary>
    internal JobResult Run(JobSpec job, CancellationToken cancellationToken) => Run(job, null, cancellationToken);

    /// <summary>The same, with a caller who stays with the job.</summary>
    internal JobResult Run(JobSpec job, JobAttachment? attachment, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var valid = JobValidator.Validate(job);
        RefuseLive(job);
        var startedAt = DateTimeOffset.UtcNow;
        _unfinished?.Dispose();
        var result = RunValid(valid, attachment, cancellationToken, out _unfinished);
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

    private Task<JobResult> Begin(ValidJob valid, JobAttachment? attachment, CancellationToken cancellationToken)
    {
        // A thread of its own for the job's whole life: the supervisor polls, and outlives the result by the tear-down.
        var result = new TaskCompletionSource<JobResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        Enter();
        try
        {
            new Thread(() => Run(valid, attachment, result, cancellationToken), maxStackSize: 256 << 10) { IsBackground = true, Name = "sandbox job" }.Start();
        }
        catch
        {
            _active.Signal();
            throw;
        }

        return result.Task;
    }

    // Either the job is there before the runner is disposed of, which then waits for it, or it does not begin.
    private void Enter()
    {
        lock (_entry)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _active.AddCount();
        }
    }

    private string Describe(JobSpec job, Func<PlanFacts, string> print)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var valid = JobValidator.Validate(job);
        RefuseLive(job);
        var paths = NamedPath.AllOf(job, () => _host.StoreFolder);
        string Describe() => print(Plan(valid, paths));
        var thread = new HostThread<string>(Describe, TimeProvider.System, HostWatch.Limit);
        return paths.Count == 0 ? Describe() : thread.Run(static () => { }, CancellationToken.None);
    }

    private PlanFacts Plan(ValidJob valid, IReadOnlyList<NamedPath> paths)
    {
        using var prepared = new JobPreparation(valid, _host, attachment: null);
        prepared.Acquire(paths, CancellationToken.None);
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
            var result = RunValid(job, attachment, ended.Token, out run);
            SandboxTelemetry.Record(job.Spec, result, startedAt);
            completion.SetResult(result.Detached());
        }
        catch (Exception failure) // whatever it is belongs to the caller, who awaits it
        {
            completion.SetException(failure);
        }
        finally
        {
            run?.Dispose();
            attachment?.Live?.Dispose();
            _active.Signal();
        }
    }

    private JobResult RunValid(ValidJob job, JobAttachment? attachment, CancellationToken cancellationToken, out JobRun? unfinished)
    {
        unfinished = null;
        try
        {
            unfinished = new JobRun(job, _host, attachment);
            var paths = NamedPath.AllOf(job.Spec, () => _host.StoreFolder);
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
            var error = SetupFailures.Of(failure);
            return JobResult.NotRun(job.Spec.Name, Verdict.InternalError, error.Message, error);
        }
    }
}
