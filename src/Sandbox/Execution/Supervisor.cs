using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Execution;

// One thread, one poll: the launcher's reports, the job's streams, and the watchdog's next look. The first cause
// for which the job is stopped is the one that counts; everything that happens later only adds evidence. No wait is
// for ever but the job's own time: the launcher has a deadline for each of its words, and the readers of a job that is over.

/// <summary>Follows one job from its start to the last record about it.</summary>
internal sealed class Supervisor(SafeFileHandle channel, JobStreams streams, JobSpec spec, JobCgroup? cgroup, Launcher launcher, UpperDisk? uppers = null) : IDisposable
{
    private const int StartedRoot = 0;
    private const int StartedProc = 1;
    private const int StartedClock = 2;
    private const int StartedScratch = 3;
    private const int StartedShm = 4;
    private const int StartedSockets = 5;
    private const int StartedTerminal = 6;
    private const int StartedTmpfs = 7;

    // Of the socket's 200 KiB: what is unread of signals must leave room for the word that kills.
    private const int MostUnreadBytes = 48 << 10;

    // A signal that ends programs finds nobody any more once the job is over: it is meant for us.
    private static readonly SignalSet s_ending = SignalSet.Of(1).With(2).With(3).With(15);

    // Namespaces and mounts without processes go in milliseconds, unless a mount's server does not answer.
    private static readonly TimeSpan s_teardown = TimeSpan.FromSeconds(5);

    private readonly SafeFileHandle _wake = OpenWake();
    private readonly LauncherPatience _launcher = SinceSetup(TimeProvider.System);
    private readonly DeliveryPatience _delivery = new(TimeProvider.System);
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly SafeFileHandle?[] _descriptors = new SafeFileHandle?[32];
    private readonly long _sharedMemoryBefore = Libc.HostSharedMemory();
    private int _cause;
    private volatile bool _isCancelled;
    private volatile bool _isTold;
    private bool _isEnding;
    private bool _isDelivering;
    private volatile bool _hasEnded;
    private long _nextLook;
    private ulong _forwarded;
    private ulong _unsent;

    /// <summary>Where its start is noted; null for nowhere.</summary>
    public JobEvents? Events { get; init; }

    /// <summary>Why the job was stopped; set once.</summary>
    public StopCause Cause => (StopCause)_cause;

    public ReportRecord? Started { get; private set; }

    public ReportRecord? Ended { get; private set; }

    public ReportRecord? Failed { get; private set; }

    public ReportRecord? Violation { get; private set; }

    /// <summary>What the launcher says of pid 1's end; the last record.</summary>
    public ReportRecord? Gone { get; private set; }

    /// <summary>The step at which the launcher ended the job before execve, for taking too long.</summary>
    public int? SetupExpired { get; private set; }

    /// <summary>What did not end although it was killed, in words; null for nothing.</summary>
    public string? Stuck { get; private set; }

    /// <summary>The channel ended without the last record: the launcher is lost.</summary>
    public bool Lost { get; private set; }

    /// <summary>What watches the job; null until it started.</summary>
    public JobWatch? Watch { get; private set; }

    /// <summary>The kernel allowed a task clock over the tree.</summary>
    public bool HasCpuClock => _descriptors[StartedClock] is not null;

    /// <summary>The job's root, while pid 1 holds its mounts.</summary>
    public SafeFileHandle? Root => _descriptors[StartedRoot];

    /// <summary>Where the upper sides of writable overlays are: on a disk, or in the tmpfs that holds everything else that is writable.</summary>
    public SafeFileHandle? UpperSides => uppers?.Folder ?? _descriptors[StartedScratch];

    /// <summary>The writable file systems made for this job.</summary>
    public IEnumerable<SafeFileHandle> OwnFileSystems => _descriptors.Skip(StartedTmpfs).Prepend(_descriptors[StartedScratch]).OfType<SafeFileHandle>();

    /// <summary>Ends the job for <paramref name="cause"/>, unless it is being ended already. From any thread.</summary>
    public void Stop(StopCause cause)
    {
        _isCancelled |= cause == StopCause.Cancelled;
        if (Interlocked.CompareExchange(ref _cause, (int)cause, (int)StopCause.None) == (int)StopCause.None)
        {
            Kill();
        }
        else
        {
            Wake();
        }
    }

    /// <summary>The signals that were passed on.</summary>
    public SignalSet Forwarded => new(Volatile.Read(ref _forwarded));

    /// <summary>Passes a signal on to the job's first process, once it has executed its program. From any thread.</summary>
    /// <remarks>As in the kernel, a signal that is still on its way does not come twice.</remarks>
    public void Signal(int number)
    {
        SignalSet.CheckPassable(number);
        _ = Interlocked.Or(ref _forwarded, SignalSet.Of(number).Bits);
        _ = Interlocked.Or(ref _unsent, SignalSet.Of(number).Bits);
        PassOnSignals();
        if (!s_ending.Contains(number) || !IsOver)
        {
            return;
        }

        _isCancelled = true;
        Wake();
    }

    /// <summary>Changes the size of the job's terminal, if it has one. From any thread.</summary>
    public void Resize(TerminalSize size) => streams.Terminal?.Resize(size);

    /// <summary>Every process of the job is dead, or the sandbox is lost. From any thread.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>
    /// Whether pid 1 still holds the job's mounts: what was not found in them before this was asked was not there. A process that
    /// ends gives up its memory before its namespaces (exit_mm, do_exit in kernel/exit.c), whatever ended it and whoever knows of it yet.
    /// </summary>
    public bool HoldsMounts
    {
        get
        {
            ReadReports();
            return !IsSilent && _descriptors[StartedProc] is { } proc && HasMemory(proc);
        }
    }

    /// <summary>Until the tree is dead, or does not die, and its streams are delivered or given up.</summary>
    public void RunToEnd()
    {
        Span<PollEntry> entries = stackalloc PollEntry[7];
        while (!IsOver || IsOwed(streams.Stdout) || (streams.Stderr is { } stderr && IsOwed(stderr)))
        {
            entries[0] = IsSilent ? new() { Descriptor = -1 } : Channel;
            entries[1] = streams.Stdout.Wait;
            entries[2] = streams.Stderr?.Wait ?? new() { Descriptor = -1 };
            entries[3] = streams.Feed?.Wait ?? new() { Descriptor = -1 };
            entries[4] = IsOver ? new() { Descriptor = -1 } : Watch?.Event ?? new() { Descriptor = -1 };
            entries[5] = new() { Descriptor = _wake.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };
            entries[6] = IsOver || Watch is null ? new() { Descriptor = -1 } : uppers?.Event ?? new() { Descriptor = -1 };
            _ = Libc.Poll(entries, TimeToNextTurn());
            Serve(entries);
        }

        _hasEnded = true;
        Watch?.ReadFinal();
    }

    /// <summary>Lets pid 1 go, which may have stayed for its mounts.</summary>
    public void LetGo() => _ = Libc.SendByte(channel, (byte)'r');

    /// <summary>Waits until nothing of the job is left; not for what the kernel does not let go of.</summary>
    public void AwaitGone()
    {
        CloseDescriptors();
        var since = Stopwatch.GetTimestamp();
        Span<PollEntry> entries = stackalloc PollEntry[1];
        while (!IsSilent && s_teardown - Stopwatch.GetElapsedTime(since) is var left && left > TimeSpan.Zero)
        {
            entries[0] = Channel;
            _ = Libc.Poll(entries, left);
            ReadReports();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        channel.Dispose();
        _wake.Dispose();
        CloseDescriptors();
    }

    private static LauncherPatience SinceSetup(TimeProvider clock)
    {
        var patience = new LauncherPatience(clock);
        patience.Expect(PlanCompiler.SetupTime);
        return patience;
    }

    private static SafeFileHandle OpenWake()
    {
        var error = Libc.CreateEvent(out var wake);
        return error == 0 ? wake : throw new SandboxException("no descriptor to supervise the job with") { Operation = Operation.MakeEvent, Errno = Errno.Name(-error) };
    }

    private void Wake() => _ = Libc.Write(_wake, [1, 0, 0, 0, 0, 0, 0, 0]);

    private void Kill()
    {
        _ = Libc.SendByte(channel, (byte)'k');
        launcher.Continue();
        _isTold = true;
        Wake();
    }

    private void CloseDescriptors()
    {
        Watch?.Dispose();
        foreach (var descriptor in _descriptors)
        {
            descriptor?.Dispose();
        }
    }

    private static bool HasMemory(SafeFileHandle proc)
    {
        Span<byte> pages = stackalloc byte[1];
        var error = Libc.OpenAt(proc, "1/statm\0"u8, OpenFlags.ReadOnly, out var file);
        using (file)
        {
            return error == 0 && Libc.Read(file, pages) == 1 && pages[0] != (byte)'0';
        }
    }

    private PollEntry Channel => new() { Descriptor = channel.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };

    private static bool IsOwed(OutputPipe stream) => !stream.Finished;

    private bool IsOver => Ended is not null || SetupExpired is not null || IsSilent;

    private bool IsSilent => Gone is not null || Lost;

    private void Serve(Span<PollEntry> entries)
    {
        if (entries[0].Ready != 0)
        {
            ReadReports();
        }

        if (entries[1].Ready != 0)
        {
            streams.Stdout.Pump(_buffer);
        }

        if (entries[2].Ready != 0)
        {
            streams.Stderr!.Pump(_buffer);
        }

        if (entries[3].Ready != 0)
        {
            streams.Feed!.Pump();
        }

        if (entries[5].Ready != 0)
        {
            _ = Libc.Read(_wake, _buffer.AsSpan(0, sizeof(ulong)));
        }

        if (IsOver)
        {
            FinishStreams();
        }
        else
        {
            UrgeLauncher();
        }

        PassOnSignals();

        // A job may flood before pid 1 has said that it started; killed then, it could not say how it ended.
        if (Started is not null && spec.OnOutputLimit == OutputLimitAction.Kill && (streams.Stdout.OverLimit || streams.Stderr is { OverLimit: true }))
        {
            Stop(StopCause.Output);
        }

        if (entries[4].Ready != 0 || entries[6].Ready != 0)
        {
            _nextLook = 0;
        }

        Look();
    }

    private void FinishStreams()
    {
        if (!_isDelivering)
        {
            BeginDelivery();
        }

        streams.Feed?.Stop();
        FinishStream(streams.Stdout);
        if (streams.Stderr is { } stderr)
        {
            FinishStream(stderr);
        }
    }

    // A job that ended by itself had its wall time for its readers, too.
    private void BeginDelivery()
    {
        _isDelivering = true;
        var free = Cause != StopCause.None || Ended is null || Started is not { } ? TimeSpan.Zero
            : spec.Limits.WallTime is not { } wall ? null
            : wall - SinceStart() is var left && left > TimeSpan.Zero ? left : (TimeSpan?)TimeSpan.Zero;
        _delivery.Begin(free);
    }

    private void FinishStream(OutputPipe stream)
    {
        stream.Finish(_buffer);
        if (stream.IsStuck && (_isCancelled || _delivery.Left(stream.LastTaken) == TimeSpan.Zero))
        {
            stream.GiveUp(_buffer);
        }
    }

    private void UrgeLauncher()
    {
        if (_isTold && !_isEnding)
        {
            _isEnding = true;
            _launcher.Expect(LauncherPatience.Teardown);
        }

        switch (_launcher.Due())
        {
            case LauncherAction.Continue:
                launcher.Continue();
                break;
            case LauncherAction.Kill:
                launcher.Kill();
                break;
            case LauncherAction.GiveUp:
                GiveUp(launcher.Pid);
                break;
        }
    }

    private void GiveUp(int process)
    {
        Lost = true;
        var files = new HostFiles();
        Stuck = StuckProcesses.Describe(files, Libc.ListFolder("/proc").Select(entry => int.TryParse(entry.Name, out var pid) ? pid : 0).Where(pid => pid > 0), process)
            ?? "a process that cannot be seen from here";
    }

    // The launcher reads at once, unless somebody has stopped it.
    private void PassOnSignals()
    {
        const byte word = 0x80; // COMMAND_SIGNAL
        if (Volatile.Read(ref _unsent) == 0)
        {
            return;
        }

        foreach (var signal in new SignalSet(Interlocked.Exchange(ref _unsent, 0)))
        {
            if (Libc.Unread(channel) > MostUnreadBytes)
            {
                _ = Interlocked.Or(ref _unsent, SignalSet.Of(signal).Bits);
            }
            else
            {
                _ = Libc.SendByte(channel, (byte)(word | signal));
            }
        }
    }

    private TimeSpan? TimeToNextTurn() =>
        IsOver ? Shorter(TimeToGiveUp(streams.Stdout), streams.Stderr is { } stderr ? TimeToGiveUp(stderr) : null)
        : Shorter(_launcher.Left, Watch is null ? null : TimeToNextLook());

    private TimeSpan? TimeToGiveUp(OutputPipe stream) => stream.IsStuck ? _delivery.Left(stream.LastTaken) : null;

    private TimeSpan TimeToNextLook()
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _nextLook);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static TimeSpan? Shorter(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    private void Look()
    {
        if (Watch is null || IsOver || Stopwatch.GetTimestamp() < _nextLook)
        {
            return;
        }

        if (Watch.Check(SinceStart()) is { } reached)
        {
            Stop(reached.Cause);
        }

        _nextLook = Stopwatch.GetTimestamp() + (long)(Watch.NextDelay.TotalSeconds * Stopwatch.Frequency);
    }

    // Both clocks are CLOCK_MONOTONIC in nanoseconds.
    private TimeSpan SinceStart() =>
        TimeSpan.FromTicks((Stopwatch.GetTimestamp() - (long)Started!.Value.Stamps[ReportStamps.Started]) / 100);

    private void ReadReports()
    {
        var record = default(ReportRecord);
        Span<int> descriptors = stackalloc int[64];
        while (!IsSilent)
        {
            var size = Libc.ReceiveRecord(channel, MemoryMarshal.AsBytes(new Span<ReportRecord>(ref record)), descriptors, out var count);
            if (size is -Errno.EAGAIN or -Errno.EINTR)
            {
                return;
            }
            // A word of ours that the launcher had no reason to read any more comes back as an error, once, ahead of the
            // records that are still there (unix_release_sock, net/unix/af_unix.c).
            if (size == -Errno.ECONNRESET)
            {
                continue;
            }

            if (size == ReportRecord.Size)
            {
                Take(record, descriptors[..count]);
            }
            else
            {
                Lost = true;
            }
        }
    }

    private void Take(ReportRecord record, ReadOnlySpan<int> descriptors)
    {
        switch (record.Kind)
        {
            case ReportKind.Started:
                Started = record;
                Events?.Started((long)record.Stamps[ReportStamps.Started]);
                _launcher.Expect(spec.Limits.WallTime);
                Keep(record.DescriptorMask, descriptors);
                AttachTerminal();

                // With our own table full the kernel drops what does not fit (MSG_CTRUNC, recvmsg(2)): no job runs unwatched.
                if (descriptors.Length < BitOperations.PopCount(record.DescriptorMask))
                {
                    Stop(StopCause.HostLost);
                }
                else
                {
                    StartWatching();
                }

                break;
            case ReportKind.Failed:
                Failed ??= SetupExpired is null ? record : null;
                break;
            case ReportKind.Violation:
                Violation ??= record;
                _ = Interlocked.CompareExchange(ref _cause, (int)StopCause.Violation, (int)StopCause.None);
                break;
            case ReportKind.Deadline:
                TakeDeadline(record);
                break;
            case ReportKind.Ended:
                Ended = record;
                break;
            case ReportKind.Gone:
                Gone = record;
                break;
            case ReportKind.Ending:
                Kill(); // what pid 1 cannot end the launcher bounds
                break;
        }
    }

    private void TakeDeadline(ReportRecord record)
    {
        var deadline = record.Step;
        const int wall = 1, setup = 2, abandoned = 4;
        if (deadline == wall)
        {
            _ = Interlocked.CompareExchange(ref _cause, (int)StopCause.WallTime, (int)StopCause.None);
        }

        if (deadline == setup)
        {
            SetupExpired = (int)record.Detail;
        }

        if (deadline == abandoned)
        {
            GiveUp(record.Pid);
        }
        else
        {
            _launcher.Expect(LauncherPatience.Teardown);
        }
    }

    private void Keep(uint mask, ReadOnlySpan<int> descriptors)
    {
        var next = 0;
        for (var slot = 0; slot < _descriptors.Length && next < descriptors.Length; slot++)
        {
            if ((mask & (1u << slot)) != 0)
            {
                _descriptors[slot] = new SafeFileHandle(descriptors[next++], ownsHandle: true);
            }
        }
    }

    private void AttachTerminal()
    {
        if (_descriptors[StartedTerminal] is not { } master || streams.Terminal is not { } terminal)
        {
            return;
        }

        _descriptors[StartedTerminal] = null;
        terminal.Attach(master);
    }

    private void StartWatching()
    {
        if (_descriptors[StartedProc] is not { } proc)
        {
            return;
        }

        Watch = new JobWatch(spec.Limits, new()
        {
            ProcFs = proc,
            Perf = _descriptors[StartedClock],
            SysvShm = _descriptors[StartedShm],
            Sockets = _descriptors[StartedSockets],
            Tmpfs = [.. OwnFileSystems],
            Scratch = _descriptors[StartedScratch],
            Uppers = uppers,
            Init = Started!.Value.Pid,
            PlacedBytes = (long)Started.Value.PlacedBytes,
            Input = streams.Input,
            SharedMemoryBefore = _sharedMemoryBefore,
        }, cgroup, CpuUsage.OfSetup(Started!.Value), spec.Network);
        _nextLook = Stopwatch.GetTimestamp() + (long)(Watch.NextDelay.TotalSeconds * Stopwatch.Frequency);
    }
}
