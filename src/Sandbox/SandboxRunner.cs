using Sandbox.Execution;
using Sandbox.Host;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Telemetry;

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
        var valid = JobValidator.Validate(job);
        // A thread of its own for the job's whole life: the supervisor polls, and outlives the result by the tear-down.
        var result = new TaskCompletionSource<JobResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        Enter();
        try
        {
            new Thread(() => Run(valid, result, cancellationToken), maxStackSize: 256 << 10) { IsBackground = true, Name = "sandbox job" }.Start();
        }
        catch
        {
            _active.Signal();
            throw;
        }

        return result.Task;
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
        var startedAt = DateTimeOffset.UtcNow;
        _unfinished?.Dispose();
        var result = RunValid(valid, attachment, cancellationToken, out _unfinished);
        SandboxTelemetry.Record(job, result, startedAt);
        return result;
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

    private void Run(ValidJob job, TaskCompletionSource<JobResult> completion, CancellationToken cancellationToken)
    {
        JobRun? run = null;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
        try
        {
            var startedAt = DateTimeOffset.UtcNow;
            var result = RunValid(job, null, ended.Token, out run);
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
