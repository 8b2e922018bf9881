using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Execution;

// One thread, one poll: the launcher's reports, the job's streams, and the watchdog's next look. The first cause
// for which the job is stopped is the one that counts; everything that happens later only adds evidence.

/// <summary>Follows one job from its start to the last record about it.</summary>
internal sealed class Supervisor(SafeFileHandle channel, JobStreams streams, JobSpec spec, JobCgroup? cgroup) : IDisposable
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

    private static readonly TimeSpan s_cancellationLag = TimeSpan.FromMilliseconds(50);

    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly SafeFileHandle?[] _descriptors = new SafeFileHandle?[32];
    private readonly long _sharedMemoryBefore = Libc.HostSharedMemory();
    private int _cause;
    private volatile bool _isCancelled;
    private volatile bool _hasEnded;
    private long _nextLook;
    private ulong _forwarded;
    private ulong _unsent;

    /// <summary>Why the job was stopped; set once.</summary>
    public StopCause Cause => (StopCause)_cause;

    public ReportRecord? Started { get; private set; }

    public ReportRecord? Ended { get; private set; }

    public ReportRecord? Failed { get; private set; }

    public ReportRecord? Violation { get; private set; }

    /// <summary>What the launcher says of pid 1's end; the last record.</summary>
    public ReportRecord? Gone { get; private set; }

    /// <summary>The launcher ended the job before execve, for taking too long.</summary>
    public bool SetupExpired { get; private set; }

    /// <summary>The channel ended without the last record: the launcher is lost.</summary>
    public bool Lost { get; private set; }

    /// <summary>What watches the job; null until it started.</summary>
    public JobWatch? Watch { get; private set; }

    /// <summary>The kernel allowed a task clock over the tree.</summary>
    public bool HasCpuClock => _descriptors[StartedClock] is not null;

    /// <summary>The job's root, while pid 1 holds its mounts.</summary>
    public SafeFileHandle? Root => _descriptors[StartedRoot];

    /// <summary>The tmpfs that holds everything writable, the upper sides of overlays among it.</summary>
    public SafeFileHandle? Scratch => _descriptors[StartedScratch];

    /// <summary>The writable file systems made for this job.</summary>
    public IEnumerable<SafeFileHandle> OwnFileSystems => _descriptors.Skip(StartedTmpfs).Prepend(_descriptors[StartedScratch]).OfType<SafeFileHandle>();

    /// <summary>Ends the job for <paramref name="cause"/>, unless it is being ended already. From any thread.</summary>
    public void Stop(StopCause cause)
    {
        _isCancelled |= cause == StopCause.Cancelled;
        if (Interlocked.CompareExchange(ref _cause, (int)cause, (int)StopCause.None) == (int)StopCause.None)
            _ = Libc.SendByte(channel, (byte)'k');
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

    /// <summary>Until the tree is dead and its streams are drained.</summary>
    public void RunToEnd()
    {
        Span<PollEntry> entries = stackalloc PollEntry[5];
        while (!IsOver || IsOwed(streams.Stdout) || (streams.Stderr is { } stderr && IsOwed(stderr)))
        {
            entries[0] = IsSilent ? new() { Descriptor = -1 } : Channel;
            entries[1] = streams.Stdout.Wait;
            entries[2] = streams.Stderr?.Wait ?? new() { Descriptor = -1 };
            entries[3] = streams.Feed?.Wait ?? new() { Descriptor = -1 };
            entries[4] = IsOver ? new() { Descriptor = -1 } : Watch?.Event ?? new() { Descriptor = -1 };
            _ = Libc.Poll(entries, TimeToNextLook());
            Serve(entries);
        }

        _hasEnded = true;
        Watch?.ReadFinal();
    }

    /// <summary>Lets pid 1 go, which may have stayed for its mounts.</summary>
    public void LetGo() => _ = Libc.SendByte(channel, (byte)'r');

    /// <summary>Waits until nothing of the job is left.</summary>
    public void AwaitGone()
    {
        CloseDescriptors();
        Span<PollEntry> entries = stackalloc PollEntry[1];
        while (!IsSilent)
        {
            entries[0] = Channel;
            _ = Libc.Poll(entries, null);
            ReadReports();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        channel.Dispose();
        CloseDescriptors();
    }

    private void CloseDescriptors()
    {
        Watch?.Dispose();
        foreach (var descriptor in _descriptors)
            descriptor?.Dispose();
    }

    private static bool HasMemory(SafeFileHandle proc)
    {
        Span<byte> pages = stackalloc byte[1];
        var error = Libc.OpenAt(proc, "1/statm\0"u8, OpenFlags.ReadOnly, out var file);
        using (file)
            return error == 0 && Libc.Read(file, pages) == 1 && pages[0] != (byte)'0';
    }

    private PollEntry Channel => new() { Descriptor = channel.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };

    // Who cancels does not wait for a consumer that reads nothing.
    private bool IsOwed(OutputPipe stream) => !stream.Finished && !(_isCancelled && stream.IsStuck);

    private bool IsOver => Ended is not null || IsSilent;

    private bool IsSilent => Gone is not null || Lost;

    private void Serve(Span<PollEntry> entries)
    {
        if (entries[0].Ready != 0)
            ReadReports();
        if (entries[1].Ready != 0)
            streams.Stdout.Pump(_buffer);
        if (entries[2].Ready != 0)
            streams.Stderr!.Pump(_buffer);
        if (entries[3].Ready != 0)
            streams.Feed!.Pump();
        if (IsOver)
        {
            streams.Feed?.Stop();
            streams.Stdout.Finish(_buffer);
        }

        PassOnSignals();

        // A job may flood before pid 1 has said that it started; killed then, it could not say how it ended.
        if (Started is not null && spec.OnOutputLimit == OutputLimitAction.Kill && (streams.Stdout.OverLimit || streams.Stderr is { OverLimit: true }))
            Stop(StopCause.Output);
        if (entries[4].Ready != 0)
            _nextLook = 0;
        Look();
    }

    // The launcher reads at once, unless somebody has stopped it.
    private void PassOnSignals()
    {
        const byte word = 0x80; // COMMAND_SIGNAL
        if (Volatile.Read(ref _unsent) == 0)
            return;
        foreach (var signal in new SignalSet(Interlocked.Exchange(ref _unsent, 0)))
        {
            if (Libc.Unread(channel) > MostUnreadBytes)
                _ = Interlocked.Or(ref _unsent, SignalSet.Of(signal).Bits);
            else
                _ = Libc.SendByte(channel, (byte)(word | signal));
        }
    }

    private TimeSpan? TimeToNextLook()
    {
        // Nothing of the job is left to wake us when somebody cancels.
        if (IsOver)
            return s_cancellationLag;
        if (Watch is null)
            return null;
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _nextLook);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Look()
    {
        if (Watch is null || IsOver || Stopwatch.GetTimestamp() < _nextLook)
            return;
        if (Watch.Check(SinceStart()) is { } reached)
            Stop(reached.Cause);
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
                return;
            // A word of ours that the launcher had no reason to read any more comes back as an error, once, ahead of the
            // records that are still there (unix_release_sock, net/unix/af_unix.c).
            if (size == -Errno.ECONNRESET)
                continue;
            if (size == ReportRecord.Size)
                Take(record, descriptors[..count]);
            else
                Lost = true;
        }
    }

    private void Take(ReportRecord record, ReadOnlySpan<int> descriptors)
    {
        switch (record.Kind)
        {
            case ReportKind.Started:
                Started = record;
                Keep(record.DescriptorMask, descriptors);
                AttachTerminal();

                // With our own table full the kernel drops what does not fit (MSG_CTRUNC, recvmsg(2)): no job runs unwatched.
                if (descriptors.Length < BitOperations.PopCount(record.DescriptorMask))
                    Stop(StopCause.HostLost);
                else
                    StartWatching();
                break;
            case ReportKind.Failed:
                Failed ??= record;
                break;
            case ReportKind.Violation:
                Violation ??= record;
                _ = Interlocked.CompareExchange(ref _cause, (int)StopCause.Violation, (int)StopCause.None);
                break;
            case ReportKind.Deadline:
                TakeDeadline(record.Step);
                break;
            case ReportKind.Ended:
                Ended = record;
                break;
            case ReportKind.Gone:
                Gone = record;
                break;
        }
    }

    private void TakeDeadline(int deadline)
    {
        const int wall = 1, setup = 2, abandoned = 4;
        if (deadline == wall)
            _ = Interlocked.CompareExchange(ref _cause, (int)StopCause.WallTime, (int)StopCause.None);
        SetupExpired |= deadline == setup;
        Lost |= deadline == abandoned;
    }

    private void Keep(uint mask, ReadOnlySpan<int> descriptors)
    {
        var next = 0;
        for (var slot = 0; slot < _descriptors.Length && next < descriptors.Length; slot++)
        {
            if ((mask & (1u << slot)) != 0)
                _descriptors[slot] = new SafeFileHandle(descriptors[next++], ownsHandle: true);
        }
    }

    private void AttachTerminal()
    {
        if (_descriptors[StartedTerminal] is not { } master || streams.Terminal is not { } terminal)
            return;
        _descriptors[StartedTerminal] = null;
        terminal.Attach(master);
    }

    private void StartWatching()
    {
        if (_descriptors[StartedProc] is not { } proc)
            return;
        Watch = new JobWatch(spec.Limits, new()
        {
            ProcFs = proc,
            Perf = _descriptors[StartedClock],
            SysvShm = _descriptors[StartedShm],
            Sockets = _descriptors[StartedSockets],
            Tmpfs = [.. OwnFileSystems],
            Init = Started!.Value.Pid,
            PlacedBytes = (long)Started.Value.PlacedBytes,
            Input = streams.Input,
            SharedMemoryBefore = _sharedMemoryBefore,
        }, cgroup, CpuUsage.OfSetup(Started!.Value), spec.Network);
        _nextLook = Stopwatch.GetTimestamp() + (long)(Watch.NextDelay.TotalSeconds * Stopwatch.Frequency);
    }
}
