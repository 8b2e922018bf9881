using Sandbox.Execution;
using Sandbox.Execution.Streams;
using Sandbox.Interop;

namespace Sandbox;

/// <summary>
/// A job that runs, for a caller who stays with it: reads what it writes, answers, signals it, ends it. From <see cref="SandboxRunner.StartAsync"/>.
/// Members may be used from many threads.
/// </summary>
public sealed class SandboxJob : IAsyncDisposable
{
    private readonly JobAttachment _attachment;
    private readonly LiveStreams _live;
    private readonly CancellationTokenSource _end;
    private readonly JobEvents _events;
    private readonly Task<JobResult> _result;
    private volatile bool _isDisposed;

    internal SandboxJob(JobAttachment attachment, LiveStreams live, JobEvents events, CancellationTokenSource end, Task<JobResult> result) =>
        (_attachment, _live, _events, _end, _result) = (attachment, live, events, end, result);

    /// <summary>A name for this run that no other has, for logs.</summary>
    public string Id => _events.JobId;

    /// <summary>
    /// What happens to the job, in the order of <see cref="JobEventKind"/>: whoever enumerates it, at any time and as often as wanted, gets every event from the first one
    /// on, waits for those to come, and is through after <see cref="JobEventKind.Completed"/>. A reader who is slow keeps neither the job nor another reader.
    /// </summary>
    public IAsyncEnumerable<JobEvent> Events => _events;

    /// <summary>What the job reads: to be written, and closed for the job to read an end. Writing waits while the job does not read, and fails (EPIPE) once it cannot any more.</summary>
    /// <exception cref="ObjectDisposedException">The job was disposed of.</exception>
    /// <exception cref="InvalidOperationException">The job's <see cref="JobSpec.Stdin"/> is not <see cref="Sandbox.Stdin.Live"/>.</exception>
    public Stream Stdin => Caller(0);

    /// <summary>What the job writes to stdout, up to the <c>output</c> limit; ends after the job.</summary>
    /// <exception cref="ObjectDisposedException">The job was disposed of.</exception>
    /// <exception cref="InvalidOperationException">The job's <see cref="JobSpec.Stdout"/> is not <see cref="OutputStream.Live"/>.</exception>
    public Stream Stdout => Caller(1);

    /// <summary>What the job writes to stderr, as <see cref="Stdout"/>.</summary>
    /// <exception cref="ObjectDisposedException">The job was disposed of.</exception>
    /// <exception cref="InvalidOperationException">The job's <see cref="JobSpec.Stderr"/> is not <see cref="OutputStream.Live"/>.</exception>
    public Stream Stderr => Caller(2);

    /// <summary>
    /// What the job has used as of the last look of the watch over it, which comes as often as the job's limits and this host's means want, at least once a second; null before
    /// the first, and after the end, when the result has all. Reading it looks at nothing.
    /// </summary>
    public JobUsage? Usage => _attachment.Usage;

    /// <summary>Has <see cref="Usage"/> renewed ten times a second for some time, with the memory that the job has at each look. It costs microseconds each time, which other jobs do not pay.</summary>
    /// <param name="time">From now on; asked for again, the later end counts.</param>
    public void WatchUsage(TimeSpan time) => _attachment.WatchUsage(time);

    /// <summary>The result, once every process of the job is dead; also of a job that was disposed of.</summary>
    /// <param name="cancellationToken">Ends the waiting and nothing else.</param>
    /// <returns>As of <see cref="SandboxRunner.RunAsync"/>.</returns>
    /// <exception cref="InvalidJobException">The job is not valid, which its image has shown.</exception>
    public Task<JobResult> WaitAsync(CancellationToken cancellationToken = default) => _result.WaitAsync(cancellationToken);

    /// <summary>Passes a signal on to the job's first process, as it was sent (signal(7)).</summary>
    /// <param name="number">Its number, neither SIGKILL nor SIGSTOP: <see cref="Kill"/> ends a job.</param>
    /// <returns>False if that process has ended already.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is no signal that a process can handle.</exception>
    /// <exception cref="ObjectDisposedException">The job was disposed of.</exception>
    public bool Signal(int number)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _attachment.Signal(number);
    }

    /// <summary>Tells a job with a terminal that its window has another size (tty_ioctl(2), TIOCSWINSZ); of no effect on others.</summary>
    /// <param name="rows">1 to 65535.</param>
    /// <param name="columns">1 to 65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is not.</exception>
    /// <exception cref="ObjectDisposedException">The job was disposed of.</exception>
    public void Resize(int rows, int columns)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, ushort.MaxValue);
        _attachment.Resize(new TerminalSize((ushort)rows, (ushort)columns));
    }

    /// <summary>Ends every process of the job; the result then says <see cref="Verdict.Cancelled"/>, unless it was over. Does not wait for that; of no effect on a job that has ended.</summary>
    public void Kill() => _end.Cancel();

    /// <summary>Ends the job if it still runs, waits until it is over, and closes its streams.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await _end.CancelAsync().ConfigureAwait(false);
        await ((Task)_result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _live.CloseAsync().ConfigureAwait(false);
    }

    private Stream Caller(int descriptor)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _live.Caller(descriptor);
    }
}
