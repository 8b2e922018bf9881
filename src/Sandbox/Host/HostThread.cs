using System.Runtime.ExceptionServices;

namespace Sandbox.Host;

/// <summary>Work on the host's files, on a thread that is left behind where they do not answer.</summary>
/// <param name="work">May throw; says by <see cref="HostWatch"/> what it is waiting for.</param>
/// <param name="clock">The time.</param>
/// <param name="limit">How long a step may stand still.</param>
#pragma warning disable CA1001 // A thread that was left behind may set the event at any time: it is left to the collector.
internal sealed class HostThread<T>(Func<T> work, TimeProvider clock, TimeSpan limit)
#pragma warning restore CA1001
{
    private const int StackBytes = 256 << 10;

    // Whoever cancels is not kept by a step that may never end; one that does go on sees the token itself.
    private static readonly TimeSpan s_afterCancellation = TimeSpan.FromMilliseconds(500);

    private readonly HostWatch _watch = new(clock, limit);
    private readonly ManualResetEventSlim _done = new();
    private readonly Lock _lock = new();
    private T? _result;
    private ExceptionDispatchInfo? _failure;
    private Action? _late;

    /// <summary>The work was left behind.</summary>
    public bool IsLeft { get; private set; }

    /// <summary>What it is waiting for, as a failure.</summary>
    public SandboxException Waiting() => _watch.Failure();

    /// <summary>The result, or what the work threw.</summary>
    /// <param name="late">Called on the thread that was left behind, if it ever comes to its end.</param>
    /// <param name="cancellationToken">Leaves it behind at once if it is waiting; the work may end by itself for it.</param>
    /// <exception cref="SandboxException">A step took too long; <c>Errno</c> is ETIMEDOUT.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited.</exception>
    public T Run(Action late, CancellationToken cancellationToken)
    {
        Start();
        while (!Await(cancellationToken))
        {
            if (cancellationToken.IsCancellationRequested && _watch.Elapsed >= s_afterCancellation && Leave(late))
            {
                throw new OperationCanceledException(cancellationToken);
            }

            if (_watch.Left == TimeSpan.Zero && _watch.Failure() is var overdue && Leave(late))
            {
                throw overdue;
            }
        }

        _failure?.Throw();
        return _result!;
    }

    // The runtime says so where there is no room for a thread, or no descriptor to make one with.
    private void Start()
    {
        try
        {
            new Thread(Work, StackBytes) { IsBackground = true, Name = "sandbox host files" }.Start();
        }
        catch (OutOfMemoryException failure)
        {
            throw new SandboxException("no thread for a job that names files of the host", failure) { Operation = Operation.StartThread, Errno = "EAGAIN" };
        }
    }

    // A step that begins while this waits has its whole time from then on: nothing has to wake it.
    private bool Await(CancellationToken cancellationToken)
    {
        var time = _watch.Left ?? limit;
        if (cancellationToken.IsCancellationRequested)
        {
            return _done.Wait(time < s_afterCancellation ? time : s_afterCancellation, CancellationToken.None);
        }

        try
        {
            return _done.Wait(time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private bool Leave(Action late)
    {
        lock (_lock)
        {
            if (_done.IsSet)
            {
                return false;
            }

            _late = late;
            HostWatch.AnyLeft = true;
            return IsLeft = true;
        }
    }

    private void Work()
    {
        _watch.Take();
        try
        {
            _result = work();
        }
        catch (Exception failure) // whatever it is belongs to who waits for the work
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
        }

        lock (_lock)
        {
            _done.Set();
        }

        _late?.Invoke();
    }
}
