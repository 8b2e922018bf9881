using Sandbox.Host;
using Sandbox.Resources;

namespace Sandbox.Execution;

/// <summary>
/// The host's part of setting a job up, while pid 1 waits for it: on a thread of its own, so that the supervisor goes on hearing the launcher, the
/// caller and the clock. A thread that does not come to its end is left behind; the job is given up then.
/// </summary>
/// <param name="parts">What is to be done, in order.</param>
/// <param name="limit">How long all of it may take.</param>
/// <param name="clock">The time.</param>
internal sealed class SetupBarrier(IReadOnlyList<BarrierPart> parts, TimeSpan limit, TimeProvider clock) : IDisposable
{
    /// <summary>Well below what the launcher gives a whole set-up, so that it is this which is told.</summary>
    public static readonly TimeSpan UsualTime = TimeSpan.FromSeconds(10);

    private const int StackBytes = 256 << 10;

    // Who heeds the token is gone in no time: its lease is given back after it, and not meanwhile.
    private static readonly TimeSpan s_afterCancellation = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _cancellation = new();
    private readonly Lock _lock = new();
    private long _since;
    private Thread? _thread;
    private BarrierPart _present = parts[0];
    private SandboxException? _failure;
    private bool _isDone;
    private bool _isLeft;
    private bool _isWaiting;

    /// <summary>Time until it has taken too long; null while nobody waits for it.</summary>
    public TimeSpan? Left => !_isWaiting ? null : limit - clock.GetElapsedTime(_since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Everything is done, and pid 1, which waits, may go on.</summary>
    private bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return _isWaiting && _isDone && _failure is null;
            }
        }
    }

    /// <summary>Why pid 1, which waits, will never go on: what went wrong, or that it takes too long. Null if nothing did.</summary>
    private SandboxException? Problem
    {
        get
        {
            lock (_lock)
            {
                return !_isWaiting ? null : _failure ?? (!_isDone && Left == TimeSpan.Zero ? Overdue() : null);
            }
        }
    }

    /// <summary>Begins, for pid 1 waits.</summary>
    /// <param name="given">What it has handed up, which is closed at the end.</param>
    /// <param name="done">Called on the thread at its end, unless that was left behind.</param>
    public void Begin(BarrierDescriptors given, Action done)
    {
        (_isWaiting, _since) = (true, clock.GetTimestamp());
        var thread = new Thread(() => Work(given, done), StackBytes) { IsBackground = true, Name = "sandbox barrier" };
        try
        {
            thread.Start();
            _thread = thread;
        }
        catch (OutOfMemoryException failure)
        {
            given.Dispose();
            End(new SandboxException("no thread for the host's part of the set-up", failure) { Operation = Operation.StartThread, Errno = "EAGAIN", Pointer = _present.Origin });
        }
    }

    /// <summary>Lets pid 1 go on once everything is done.</summary>
    /// <param name="channel">Where pid 1 hears of it.</param>
    /// <returns>Why pid 1 will never go on; told once. Null if it may, or has to wait.</returns>
    public SandboxException? Look(JobChannel channel)
    {
        var problem = Problem;
        if (IsOpen)
        {
            channel.Continue(parts.All(static part => part.IsWhole is null || part.IsWhole()));
            _isWaiting = false;
        }
        else if (problem is not null)
        {
            _isWaiting = false;
        }

        return problem;
    }

    /// <summary>Asks those who heed the token to end. What they do for that is done on another thread.</summary>
    public void Cancel() => _ = _cancellation.CancelAsync();

    /// <summary>Gives those who heed the token the time to end, and leaves the others behind.</summary>
    public void Dispose()
    {
        Cancel();
        if (_thread is null || _thread.Join(s_afterCancellation))
        {
            return;
        }

        lock (_lock)
        {
            _isLeft = true;
            HostWatch.AnyLeft = true;
        }
    }

    private void Work(BarrierDescriptors given, Action done)
    {
        try
        {
            foreach (var part in parts)
            {
                _cancellation.Token.ThrowIfCancellationRequested();
                Volatile.Write(ref _present, part);
                part.Run(given, _cancellation.Token);
            }

            End(null);
        }
        catch (Exception failure) // whatever it is, the job does not start for it
        {
            End(Failed(failure));
        }
        finally
        {
            given.Dispose();
            lock (_lock)
            {
                if (!_isLeft)
                {
                    done();
                }
            }
        }
    }

    private void End(SandboxException? failure)
    {
        lock (_lock)
        {
            _failure = failure;
            _isDone = true;
        }
    }

    private SandboxException Failed(Exception failure) => failure is SandboxException known
        ? known.For(known.Pointer ?? _present.Origin)
        : new($"cannot {_present.Name}: {failure.Message}", failure) { Operation = Operation.DoHostsPart, Subject = _present.Name, Pointer = _present.Origin };

    private SandboxException Overdue()
    {
        var part = Volatile.Read(ref _present);
        return new($"cannot {part.Name}: it was not done within {limit.TotalSeconds:0.##} s") { Operation = Operation.DoHostsPart, Subject = part.Name, Errno = "ETIMEDOUT", Pointer = part.Origin };
    }
}
