using System.ComponentModel;
using Microsoft.Win32.SafeHandles;
using Sandbox.Execution;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox;

// What a process that lives for a few jobs needs and nobody else: a job on the calling thread costs neither a thread, nor a copy of what was captured,
// nor a wait for the tear-down, which takes place while the result is written. A host of many jobs has no use for that, and is served by SandboxRunner.

/// <summary>
/// For the <c>sandbox</c> command: runs jobs one after the other on the calling thread. Programs use <see cref="SandboxRunner"/>, which does the same for many
/// threads at once.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class OneShotRunner : IDisposable
{
    private readonly SandboxRunner _runner;

    /// <summary>Starts nothing before the first job.</summary>
    /// <param name="options">What the host decides for all its jobs.</param>
    public OneShotRunner(SandboxOptions options) => _runner = new SandboxRunner(options);

    /// <summary>Takes over a launcher that this process started before its runtime came up.</summary>
    /// <param name="options">What the host decides for all its jobs.</param>
    /// <param name="launcher">The socket to it; closed with this object.</param>
    /// <param name="launcherPid">Its process id.</param>
    public OneShotRunner(SandboxOptions options, SafeFileHandle launcher, int launcherPid)
        : this(options) => _runner.Adopt(new Launcher(launcher, launcherPid));

    /// <summary>
    /// A thread of this process waits in the kernel for a file that does not answer, and the process cannot end altogether before it does: whoever reads its
    /// streams should be given their end.
    /// </summary>
    public static bool HasStuckThread => HostWatch.AnyLeft;

    /// <summary>Runs one job; its tear-down is over when the next one begins or this is disposed of, and what was captured is valid until then.</summary>
    /// <param name="job">What to run; it is validated first.</param>
    /// <param name="foreground">Who stays with it; null for nobody.</param>
    /// <param name="cancellationToken">Kills the job's whole tree; the result then says <see cref="Verdict.Cancelled"/>.</param>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="ObjectDisposedException">This was disposed of.</exception>
    public JobResult Run(JobSpec job, JobForeground? foreground, CancellationToken cancellationToken) =>
        _runner.Run(job, foreground?.Attachment, cancellationToken);

    /// <summary>Runs a job of any form, and nobody stays with it; otherwise as <see cref="Run(JobSpec, JobForeground, CancellationToken)"/>.</summary>
    /// <param name="job">What to run; it is validated first.</param>
    /// <param name="cancellationToken">Kills the job's whole tree; the result then says <see cref="Verdict.Cancelled"/>.</param>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="ObjectDisposedException">This was disposed of.</exception>
    public DocumentResult Run(JobDocument job, CancellationToken cancellationToken) =>
        job is JobSpec single ? Run(single, foreground: null, cancellationToken) : _runner.RunDocumentAsync(job, cancellationToken).GetAwaiter().GetResult();

    /// <summary>The next job is the last one; to be told before it runs. What it is torn down by may end with it then.</summary>
    public void ExpectNoMore() => _runner.ExpectNoMore();

    /// <summary>Has somebody called, once, when a job has lasted so long that others may want to see it (20 ms); on the thread that watches it, which has to go on at once.</summary>
    /// <param name="call">What is called.</param>
    public void WhenLasting(Action call) => _runner.WhenLasting(call);

    /// <inheritdoc cref="SandboxRunner.ListRunning"/>
    public IReadOnlyList<RunningSandbox> ListRunning() => _runner.ListRunning();

    /// <summary>Returns when nothing of any job is left.</summary>
    public void Dispose() => _runner.Dispose();
}

/// <summary>
/// For the <c>sandbox</c> command: what its caller has to tell a job of an <see cref="OneShotRunner"/>, from any thread, before it starts and while it runs.
/// One is for one job. Programs use <see cref="SandboxJob"/>.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class JobForeground
{
    /// <summary>The job was started, and hears what is said.</summary>
    public bool HasStarted => Attachment.HasConnected;

    /// <summary>Lines of its output in which the job, or one of its programs, said that a file system is read-only: at most 16.</summary>
    public IReadOnlyCollection<string> ReadOnlyComplaints => Attachment.Listener!.Lines;

    /// <summary>Is told the ports of the host that lead to the job, once they do, by the thread that supervises it; null for nobody.</summary>
    public Action<IReadOnlyList<PublishedPort>>? PortsOpened { get; init; }

    internal JobAttachment Attachment => field ??= new() { Listener = new(), PortsOpened = PortsOpened };

    /// <summary>Passes a signal on to the job's first process; one that comes before the start is kept for it.</summary>
    /// <param name="number">Its number, neither SIGKILL nor SIGSTOP.</param>
    /// <returns>False if that process has ended already, and only its outputs are still collected.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is no signal that a process can handle.</exception>
    public bool Signal(int number) => Attachment.Signal(number);

    /// <summary>Tells a job with a terminal that its window has another size; of no effect on others.</summary>
    /// <param name="rows">1 to 65535.</param>
    /// <param name="columns">1 to 65535.</param>
    public void Resize(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, ushort.MaxValue);
        Attachment.Resize(new TerminalSize((ushort)rows, (ushort)columns));
    }
}
