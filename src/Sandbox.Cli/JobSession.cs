using Sandbox.Cli.Interop;
using Sandbox.Running;

namespace Sandbox.Cli;

/// <summary>What running jobs is to every command that does: telemetry around it, one runner, and a result also for a job that turns out not to be valid.</summary>
internal sealed class JobSession : IDisposable
{
    private readonly SandboxOptions _options;
    private readonly IDisposable? _export;
    private readonly string _host;
    private OneShotRunner? _runner;
    private readonly Lock _lock = new();
    private HostSocket? _socket;
    private bool _isOver;

    /// <summary>From now on telemetry is collected; the runner comes with the first job.</summary>
    /// <param name="options">What this process decides for its jobs.</param>
    /// <param name="host">What it is to <c>sandbox ps</c>, in a word.</param>
    public JobSession(SandboxOptions options, string host) => (_options, _export, _host) = (options, OtlpExport.StartIfAsked(), host);

    /// <summary>The number of a standard stream that the job is to have and the caller has closed; null for none. Closing stderr is a way to silence it.</summary>
    public static int? ClosedStream(JobSpec job) =>
        job.Stdin is InheritStdin && StandardStreams.IsClosed(0) ? 0 : job.Stdout is InheritStream && StandardStreams.IsClosed(1) ? 1 : null;

    /// <summary>No job comes after the next one.</summary>
    public bool IsLast { get; set; }

    /// <summary>Runs one job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="run">Runs it to its end.</param>
    /// <param name="tell">Tells what is wrong with it, which only shows when its policy, its image or a place for outputs is opened, and returns it with its places.</param>
    public DocumentResult Run(JobDocument job, Func<OneShotRunner, JobDocument, DocumentResult> run, Func<InvalidJobException, InvalidJobException> tell)
    {
        try
        {
            _runner ??= CreateRunner();
            if (IsLast && job is JobSpec)
            {
                _runner.ExpectNoMore();
            }

            return run(_runner, job);
        }
        catch (InvalidJobException invalid)
        {
            return JobResult.Of(tell(invalid), job.Name);
        }
    }

    // A job that is over in milliseconds pays nothing for being seen, since nobody could have seen it.
    private OneShotRunner CreateRunner()
    {
        var runner = EarlyStart.CreateRunner(_options);
        if (HasRoomToBeSeen())
        {
            runner.WhenLasting(() => new Thread(() => Show(runner), maxStackSize: 256 << 10) { IsBackground = true, Name = "sandbox host" }.Start());
        }

        return runner;
    }

    // Under a limit of address space another thread may take what the job's own needs, and the runtime ends the process of one that gets none.
    private static bool HasRoomToBeSeen() => AddressSpace.IsUnbounded;

    private void Show(OneShotRunner runner)
    {
        var socket = HostSocket.TryOpen(new() { List = runner.ListRunning, Host = _host }, Environment.GetEnvironmentVariable);
        lock (_lock)
        {
            if (!_isOver)
            {
                _socket = socket;
                return;
            }
        }

        socket?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        HostSocket? socket;
        lock (_lock)
        {
            _isOver = true;
            socket = _socket;
        }

        socket?.Dispose();
        _runner?.Dispose();
        _export?.Dispose();
    }
}
