using System.Runtime.InteropServices;

namespace Sandbox.Cli.Terminal;

/// <summary>What the command is sent is for the job: each signal is passed on, once for each time it comes.</summary>
/// <remarks>
/// The job is in a session of its own, where no key of the caller's terminal reaches it. A signal that this process was
/// started to ignore, as by nohup(1), stays ignored: the runtime installs no handler for it. Where the job has ended and its outputs
/// are collected, what would end a program ends that.
/// </remarks>
internal sealed class SignalRelay
{
    private const int Hangup = 1;
    private const int Interrupt = 2;
    private const int Terminate = 15;

    // SIGHUP SIGINT SIGQUIT SIGUSR1 SIGUSR2 SIGTERM SIGCONT
    private static readonly int[] s_relayed = [Hangup, Interrupt, 3, 10, 12, Terminate, 18];
    private static readonly int[] s_ending = [Hangup, Interrupt, 3, Terminate];
    private static readonly TimeSpan s_graceAfterHangup = TimeSpan.FromSeconds(10);

    // Far longer than a job needs to start, unless it waits for something: a file that does not answer, a core.
    private static readonly TimeSpan s_untilStart = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly ISignalTarget _job;
    private readonly Insistence _insistence;
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly CancellationTokenSource _source;
    private readonly ITimer _unstarted;
    private int _early;
    private bool _isOver;

    /// <summary>Takes its orders from nobody yet.</summary>
    /// <param name="job">The job.</param>
    /// <param name="insistence">Whether the user wants it ended by all means.</param>
    /// <param name="source">Ends its whole tree; not disposed.</param>
    /// <param name="clock">The time.</param>
    public SignalRelay(ISignalTarget job, Insistence insistence, CancellationTokenSource source, TimeProvider clock)
    {
        (_job, _insistence, _source) = (job, insistence, source);
        _unstarted = clock.CreateTimer(_ => CancelUnstarted(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends the job's whole tree.</summary>
    public CancellationToken Cancellation => _source.Token;

    /// <summary>The signal for which it was ended; 0 for none.</summary>
    public int CancelledBy { get; private set; }

    /// <summary>Called on the way out where a signal is about to end this process.</summary>
    public Action? BeforeEnd { get; set; }

    /// <summary>From now on, to the end of the process: the result has to be written too, and a signal must never cost it.</summary>
    public void Listen()
    {
        foreach (var signal in s_relayed)
        {
            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)signal, context => context.Cancel = Take(signal)));
        }
    }

    /// <summary>The job has ended: there is nobody to relay to.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isOver = true;
        }
    }

    /// <summary>Does with a signal what is to be done; false where it is to end this process.</summary>
    internal bool Take(int signal)
    {
        lock (_lock)
        {
            var insists = signal is Interrupt or Terminate && _insistence.IsThird(signal);
            if (_isOver || _source.IsCancellationRequested)
            {
                return !insists || !Leave();
            }

            var isHeard = _job.Signal(signal);
            if (insists || (!isHeard && signal is (Hangup or Interrupt or Terminate)))
            {
                Cancel(signal);
            }

            if (signal == Hangup)
            {
                CancelAfterHangup();
            }

            if (!_job.HasStarted && s_ending.Contains(signal))
            {
                CancelUnlessStarted(signal);
            }

            return true;
        }
    }

    private bool Leave()
    {
        BeforeEnd?.Invoke();
        return true;
    }

    private void Cancel(int signal)
    {
        CancelledBy = signal;
        _source.Cancel();
    }

    // It is kept for the job, but there may never be one.
    private void CancelUnlessStarted(int signal)
    {
        _early = signal;
        _ = _unstarted.Change(s_untilStart, Timeout.InfiniteTimeSpan);
    }

    private void CancelUnstarted()
    {
        lock (_lock)
        {
            if (!_job.HasStarted && !_isOver)
            {
                Cancel(_early);
            }
        }
    }

    // The terminal is gone, and with it whoever could end a job that ignores that.
    private void CancelAfterHangup()
    {
        CancelledBy = Hangup;
        _source.CancelAfter(s_graceAfterHangup);
    }
}
