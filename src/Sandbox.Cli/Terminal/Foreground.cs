using Sandbox.Cli.Served;

namespace Sandbox.Cli.Terminal;

/// <summary>A job in the caller's foreground: the caller's signals, keys and window are the job's until it ends.</summary>
/// <remarks>
/// Without a terminal of the job's, ^Z stops this process and not the job, whose output waits and whose limits go on: the
/// job's first process would not be stopped by it, and nothing may stop its clocks.
/// </remarks>
internal sealed class Foreground : ISignalTarget
{
    // For the rest of the process, as Interruption has it.
    private static readonly CancellationTokenSource s_cancellation = new();

    private readonly JobForeground _job = new() { PortsOpened = PortReport.Tell };
    private readonly SignalRelay _relay;
    private volatile ServedMessages? _served;

    private Foreground() => _relay = new SignalRelay(this, new Insistence(TimeProvider.System), s_cancellation, TimeProvider.System);

    /// <summary>The signal for which the job was ended, if its verdict is <c>cancelled</c>; 0 for none.</summary>
    public int CancelledBy => _relay.CancelledBy;

    /// <summary>Where the job said that it could not write.</summary>
    public IReadOnlyCollection<string> Complaints => _job.ReadOnlyComplaints;

    bool ISignalTarget.HasStarted => _served?.HasStarted ?? _job.HasStarted;

    bool ISignalTarget.Signal(int number) => _served?.Signal(number) ?? _job.Signal(number);

    /// <summary>From now on signals are the job's; those that come before it starts are kept for it.</summary>
    public static Foreground Listen()
    {
        var foreground = new Foreground();
        foreground._relay.Listen();
        return foreground;
    }

    /// <summary>Runs it to its end. The caller's terminal is as it was before when this returns.</summary>
    public JobResult Run(OneShotRunner runner, JobSpec job)
    {
        try
        {
            return job.Terminal ? RunInTerminal(runner, job) : runner.Run(job, _job, _relay.Cancellation);
        }
        catch (SandboxException failure)
        {
            return JobResult.NotStarted(SandboxHost.Explain(failure), job.Name);
        }
        finally
        {
            _relay.End();
        }
    }

    /// <summary>Lets a server run it; signals that came before it said that it does not are kept for whoever does.</summary>
    /// <exception cref="SandboxException">There are no descriptors left.</exception>
    public ServedOutcome RunServed(JobServer server, JobSpec job)
    {
        using var messages = new ServedMessages();
        _served = messages;
        ServedOutcome served;
        using (_relay.Cancellation.Register(messages.Cancel))
        {
            served = server.Run(job, messages, withStreams: true, directory: "");
        }

        _served = null;
        if (served.Answer == ServedAnswer.Result)
        {
            _relay.End();
            return served;
        }

        foreach (var signal in messages.Signals)
        {
            _ = _job.Signal(signal);
        }

        return served;
    }

    private JobResult RunInTerminal(OneShotRunner runner, JobSpec job)
    {
        using var terminal = HeldTerminal.Take(job, _job, giveBack => _relay.BeforeEnd = giveBack);
        return runner.Run(job, _job, _relay.Cancellation);
    }
}
