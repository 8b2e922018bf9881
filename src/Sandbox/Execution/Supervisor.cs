using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Sandbox.Execution.Judging;
using Sandbox.Execution.Streams;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Resources;
using Sandbox.Resources.Limits;

namespace Sandbox.Execution;

// One thread, one poll: the launcher's reports, the job's streams, and the watchdog's next look. The first cause
// for which the job is stopped is the one that counts; everything that happens later only adds evidence. No wait is
// for ever but the job's own time: the launcher has a deadline for each of its words, and the readers of a job that is over.

/// <summary>Follows one job from its start to the last record about it.</summary>
/// <param name="channel">Where the launcher is spoken to.</param>
/// <param name="reports">What comes back.</param>
/// <param name="streams">The job's.</param>
/// <param name="draft">The job, and what it was given.</param>
/// <param name="launcher">The launcher that has it.</param>
/// <param name="barrier">The host's part of its set-up; null if the plan has no barrier.</param>
internal sealed class Supervisor(JobChannel channel, JobReports reports, JobStreams streams, JobDraft draft, Launcher launcher, SetupBarrier? barrier) : IDisposable
{
    // A signal that ends programs finds nobody any more once the job is over: it is meant for us.
    private static readonly SignalSet s_ending = SignalSet.Of(1).With(2).With(3).With(15);

    // Namespaces and mounts without processes go in milliseconds, unless a mount's server does not answer.
    private static readonly TimeSpan s_teardown = TimeSpan.FromSeconds(5);

    // A job that is over by then is gone before anybody could have seen it.
    private static readonly TimeSpan s_lasting = TimeSpan.FromMilliseconds(20);

    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly SafeFileHandle _wake = OpenWake();
    private readonly LauncherUrging _launcher = new(launcher, channel, PlanCompiler.SetupTimeOf(draft.Job.Spec));
    private readonly StreamDelivery _delivery = new(streams);
    private readonly JobLooks _looks = new(reports, streams, draft);
    private int _cause;
    private volatile bool _isCancelled;
    private volatile bool _hasEnded;
    private volatile bool _hasStarted;

    /// <summary>Those who have entered it, besides its own first process.</summary>
    public JobEntries Entries { get; } = new(channel);

    /// <summary>Where its start is noted; null for nowhere.</summary>
    public JobEvents? Events { get; init; }

    /// <summary>Is told the ports of the host that lead to the job, once they do; null for nobody.</summary>
    public Action<IReadOnlyList<PublishedPort>>? PortsOpened { get; init; }

    /// <summary>How the connections of the job come to its way out, by what pid 1 has told; null for one without.</summary>
    public required Func<ReportRecord, EgressWay?> WayOf { get; init; }

    /// <summary>Is called once, when the job has lasted for some time, on the thread that watches it; null for nothing.</summary>
    public Action? WhenLasting { get; set; }

    /// <summary>Why the job was stopped; set once.</summary>
    public StopCause Cause => (StopCause)_cause;

    /// <summary>When this host decided to stop it, in ns of CLOCK_MONOTONIC; 0 if it did not.</summary>
    public long StoppedAt { get; private set; }

    /// <summary>What was told of the job.</summary>
    public JobReports Reports => reports;

    /// <summary>Why the host could not do its part of the set-up; null if it could, or had none.</summary>
    public SandboxException? BarrierFailure { get; private set; }

    /// <summary>Its launcher or its pid 1 died, for a reason that is not this job, before it was told that the job runs.</summary>
    public bool WasLostUntold =>
        reports is { IsSilent: true, Started: null, Failed: null, SetupExpired: null } && Cause == StopCause.None && Stuck is null && BarrierFailure is null
        && !_launcher.HasKilled && channel.Forwarded.Bits == 0;

    /// <summary>What did not end although it was killed, in words; null for nothing.</summary>
    public string? Stuck { get; private set; }

    /// <summary>What watches the job; null until it started.</summary>
    public JobWatch? Watch => _looks.Watch;

    /// <inheritdoc cref="JobLooks.Usage"/>
    public JobUsage? Usage => _looks.Usage;

    /// <inheritdoc cref="JobLooks.WatchUsage"/>
    public void WatchUsage(TimeSpan time)
    {
        _looks.WatchUsage(time);
        Wake();
    }

    /// <summary>Where the upper sides of writable overlays are: on a disk, or in the tmpfs that holds everything else that is writable.</summary>
    public SafeFileHandle? UpperSides => draft.Uppers?.Directory ?? reports.Scratch;

    /// <summary>Ends the job for <paramref name="cause"/>, unless it is being ended already. From any thread.</summary>
    public void Stop(StopCause cause)
    {
        _isCancelled |= cause == StopCause.Cancelled;
        if (Interlocked.CompareExchange(ref _cause, (int)cause, (int)StopCause.None) == (int)StopCause.None)
        {
            StoppedAt = Stopwatch.GetTimestamp();
            _launcher.Kill();
        }

        barrier?.Cancel();
        Wake();
    }

    /// <summary>The signals that were passed on.</summary>
    public SignalSet Forwarded => channel.Forwarded;

    /// <summary>Passes a signal on to the job's first process, once it has executed its program. From any thread.</summary>
    /// <remarks>As in the kernel, a signal that is still on its way does not come twice.</remarks>
    public void Signal(int number)
    {
        SignalSet.CheckPassable(number);
        channel.Signal(number);
        if (!s_ending.Contains(number) || !reports.IsOver)
        {
            return;
        }

        _isCancelled = true;
        Wake();
    }

    /// <summary>Changes the size of the job's terminal, if it has one. From any thread.</summary>
    public void Resize(TerminalSize size) => streams.Terminal?.Resize(size);

    /// <summary>It has executed its program: <see cref="JobReports.Started"/> is there and changes no more. From any thread.</summary>
    public bool HasStarted => _hasStarted;

    /// <summary>Every process of the job is dead, or the sandbox is lost. From any thread.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Whether pid 1 still holds the job's mounts: what was not found in them before this was asked was not there.</summary>
    public bool HoldsMounts
    {
        get
        {
            ReadReports();
            return reports.HoldsMounts();
        }
    }

    /// <summary>Until the tree is dead, or does not die, and its streams are delivered or given up.</summary>
    public void RunToEnd()
    {
        Span<PollEntry> entries = stackalloc PollEntry[7];
        while (!IsOver || _delivery.IsOwed)
        {
            entries[0] = IsSilent ? PollEntry.Nobody : channel.Wait;
            entries[1] = new() { Descriptor = _wake.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };
            _delivery.Wait(entries[2..]);
            entries[5..].Fill(PollEntry.Nobody);
            if (!IsOver)
            {
                _looks.Wait(entries[5..]);
            }

            _ = Libc.Poll(entries, TimeToNextTurn());
            Serve(entries);
        }

        draft.Egress?.Stop();
        draft.Ports?.Stop();
        _hasEnded = true;
        Entries.Close();
        Watch?.ReadFinal();
    }

    /// <summary>Lets pid 1 go, which may have stayed for its mounts.</summary>
    public void LetGo() => channel.LetGo();

    /// <summary>Waits until nothing of the job is left; not for what the kernel does not let go of.</summary>
    public void AwaitGone()
    {
        CloseDescriptors();
        var since = Stopwatch.GetTimestamp();
        Span<PollEntry> entries = stackalloc PollEntry[1];
        while (!IsSilent && s_teardown - Stopwatch.GetElapsedTime(since) is var left && left > TimeSpan.Zero)
        {
            entries[0] = channel.Wait;
            _ = Libc.Poll(entries, left);
            ReadReports();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // First: its thread wakes this one at its end.
        barrier?.Dispose();
        channel.Dispose();
        _wake.Dispose();
        CloseDescriptors();
    }

    private static SafeFileHandle OpenWake()
    {
        var error = Libc.CreateEvent(out var wake);
        return error == 0 ? wake : throw new SandboxException("no descriptor to supervise the job with") { Operation = Operation.MakeEvent, Errno = Errno.Name(-error) };
    }

    private JobSpec Spec => draft.Job.Spec;

    private void Wake() => _ = Libc.Write(_wake, [1, 0, 0, 0, 0, 0, 0, 0]);

    private void CloseDescriptors()
    {
        _looks.Dispose();
        reports.Dispose();
    }

    private bool IsOver => reports.IsOver;

    private bool IsSilent => reports.IsSilent;

    private void Serve(Span<PollEntry> entries)
    {
        if (entries[0].Ready != 0)
        {
            ReadReports();
        }

        _delivery.Pump(entries[2..]);
        if (entries[1].Ready != 0)
        {
            Span<byte> count = stackalloc byte[sizeof(ulong)];
            _ = Libc.Read(_wake, count);
        }

        if (IsOver)
        {
            _delivery.Finish(TimeForReaders(), _isCancelled);
        }
        else
        {
            if (_launcher.HasGivenUp())
            {
                GiveUp(launcher.Pid);
            }

            if (barrier?.Look(channel) is { } problem)
            {
                GiveUpSetup(problem);
            }
        }

        channel.PassOnSignals();
        if (WhenLasting is { } call && UntilLasting == TimeSpan.Zero)
        {
            WhenLasting = null;
            call();
        }

        // A job may flood before pid 1 has said that it started; killed then, it could not say how it ended.
        if (reports.Started is not null && Spec.OnOutputLimit == OutputLimitAction.Kill && _delivery.IsOverLimit)
        {
            Stop(StopCause.Output);
        }

        if (!IsOver && _looks.Look(entries[5..]) is { } reached)
        {
            Stop(reached.Cause);
        }
    }

    // A job that ended by itself had its wall time for its readers, too.
    private TimeSpan? TimeForReaders() =>
        Cause != StopCause.None || reports.Ended is null || reports.Started is null ? TimeSpan.Zero
        : Spec.Limits.WallTime is not { } wall ? null
        : wall - reports.SinceStart() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    // Nobody waits who gave nobody a part to do, and no part is done on half of what it needs.
    private void BeginBarrier(bool isWhole)
    {
        if (barrier is null || !isWhole)
        {
            GiveUpSetup(new("no descriptor of the job's network for the host's part of the set-up") { Operation = Operation.AwaitHost, Errno = "EMFILE" });
            return;
        }

        barrier.Begin(reports.TakeBarrier(), Wake);
    }

    // Whoever had it stopped before has told why; nothing of it has run.
    private void GiveUpSetup(SandboxException failure)
    {
        BarrierFailure = Cause == StopCause.None ? failure : null;
        barrier?.Cancel();
        _launcher.Kill();
    }

    private void GiveUp(int process)
    {
        reports.Lost = true;
        Stuck = StuckProcesses.DescribeBelow(process);
    }

    private TimeSpan? TimeToNextTurn() => Waits.Shorter(UntilLasting, IsOver ? _delivery.Left : Waits.Shorter(Waits.Shorter(_launcher.Left, _looks.Left), barrier?.Left));

    private TimeSpan? UntilLasting => WhenLasting is null ? null : s_lasting - Stopwatch.GetElapsedTime(_begun) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private void ReadReports()
    {
        while (reports.TryRead(out var record, out var isWhole))
        {
            Heed(record, isWhole);
        }
    }

    private void Heed(ReportRecord record, bool isWhole)
    {
        switch (record.Kind)
        {
            case ReportKind.Barrier:
                BeginBarrier(isWhole);
                break;
            case ReportKind.Started:
                _hasStarted = true;
                Events?.Started((long)record.Stamps[ReportStamps.Started], draft.Ports?.Published ?? []);
                _launcher.Expect(Spec.Limits.WallTime);
                AttachTerminal();

                // No job runs unwatched.
                if (isWhole)
                {
                    _looks.Start();
                    ServeNetwork(WayOf(record) ?? EgressWay.Redirect);
                }
                else
                {
                    Stop(StopCause.HostLost);
                }

                break;
            case ReportKind.Entered:
                Entries.Enter((byte)record.Detail, reports.TakeEntered());
                break;
            case ReportKind.Left:
                Entries.Leave((byte)record.Detail, record);
                break;
            case ReportKind.Violation:
                _ = Interlocked.CompareExchange(ref _cause, (int)StopCause.Violation, (int)StopCause.None);
                break;
            case ReportKind.Deadline:
                HeedDeadline(record);
                break;
            case ReportKind.Sockets:
                draft.Ports?.Give((AddressFamily)record.Detail is AddressFamily.InterNetwork ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, reports.TakeMadeSockets());
                break;
            case ReportKind.Ending:
                _launcher.Kill(); // what pid 1 cannot end the launcher bounds
                break;
        }
    }

    private void HeedDeadline(ReportRecord record)
    {
        if (record.Step == ReportRecord.DeadlineWall)
        {
            _ = Interlocked.CompareExchange(ref _cause, (int)StopCause.WallTime, (int)StopCause.None);
        }

        if (record.Step == ReportRecord.DeadlineAbandoned)
        {
            GiveUp(record.Pid);
        }
        else
        {
            _launcher.Expect(LauncherPatience.Teardown);
        }
    }

    // In the order of the steps (JobNetwork).
    private void ServeNetwork(EgressWay way)
    {
        if (draft.Egress is { } egress)
        {
            egress.Start(new() { Streams = reports.TakePort(0)!, Datagrams = reports.TakePort(1)!, Streams6 = reports.TakePort(2), Datagrams6 = reports.TakePort(3) }, way, () => Stop(StopCause.HostLost));
        }

        if (draft.Ports is { } ports)
        {
            ports.Start(channel.AskForSockets, () => Stop(StopCause.HostLost));
            PortsOpened?.Invoke(ports.Published);
        }
    }

    private void AttachTerminal()
    {
        if (streams.Terminal is { } terminal && reports.TakeTerminal() is { } master)
        {
            terminal.Attach(master);
        }
    }
}
