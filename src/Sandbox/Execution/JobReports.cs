using System.Diagnostics;
using System.Numerics;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Resources;

namespace Sandbox.Execution;

/// <summary>What the launcher and pid 1 have told of a job so far, and the descriptors that came with it.</summary>
internal sealed class JobReports(JobChannel channel) : IDisposable
{
    private const int StartedRoot = 0;
    private const int StartedProc = 1;
    private const int StartedClock = 2;
    private const int StartedScratch = 3;
    private const int StartedShm = 4;
    private const int StartedSockets = 5;
    private const int StartedTerminal = 6;
    private const int StartedPorts = 7;
    private const int StartedTmpfs = 11;

    private readonly SafeFileHandle?[] _descriptors = new SafeFileHandle?[32];
    private BarrierDescriptors? _barrier;
    private SafeFileHandle? _entered;
    private SafeFileHandle[] _made = [];

    public ReportRecord? Started { get; private set; }

    public ReportRecord? Ended { get; private set; }

    public ReportRecord? Failed { get; private set; }

    public ReportRecord? Violation { get; private set; }

    /// <summary>What the launcher says of pid 1's end; the last record.</summary>
    public ReportRecord? Gone { get; private set; }

    /// <summary>The step at which the launcher ended the job before execve, for taking too long.</summary>
    public int? SetupExpired { get; private set; }

    /// <summary>The channel ended without the last record, or whoever waits for it has given up: the launcher is lost.</summary>
    public bool Lost { get; set; }

    /// <summary>Nothing more will be told.</summary>
    public bool IsSilent => Gone is not null || Lost;

    /// <summary>Every process of the job is dead, or the sandbox is lost.</summary>
    public bool IsOver => Ended is not null || SetupExpired is not null || IsSilent;

    /// <summary>Time since the job's first instruction. Both clocks are CLOCK_MONOTONIC in nanoseconds.</summary>
    public TimeSpan SinceStart() =>
        TimeSpan.FromTicks((Stopwatch.GetTimestamp() - (long)Started!.Value.Stamps[ReportStamps.Started]) / 100);

    /// <summary>The job's root, while pid 1 holds its mounts.</summary>
    public SafeFileHandle? Root => _descriptors[StartedRoot];

    /// <summary>Its procfs.</summary>
    public SafeFileHandle? Proc => _descriptors[StartedProc];

    /// <summary>A task clock over the tree; null where the kernel allowed none.</summary>
    public SafeFileHandle? Clock => _descriptors[StartedClock];

    /// <summary>The tmpfs that holds everything writable.</summary>
    public SafeFileHandle? Scratch => _descriptors[StartedScratch];

    /// <summary>Tells of its System V segments.</summary>
    public SafeFileHandle? SysvShm => _descriptors[StartedShm];

    /// <summary>Tells of the sockets of its own network.</summary>
    public SafeFileHandle? Sockets => _descriptors[StartedSockets];

    /// <summary>A port of the job's loopback that this host serves, by the number of its step in the plan; it is the caller's now. Null where the kernel skipped it.</summary>
    public SafeFileHandle? TakePort(int number) => Taken(ref _descriptors[StartedPorts + number]);

    /// <summary>The sockets of the last answer to being asked for some, which are the caller's now.</summary>
    public IReadOnlyList<SafeFileHandle> TakeMadeSockets()
    {
        var taken = _made;
        _made = [];
        return taken;
    }

    /// <summary>The writable file systems made for this job.</summary>
    public IEnumerable<SafeFileHandle> OwnFileSystems => _descriptors.Skip(StartedTmpfs).Prepend(Scratch).OfType<SafeFileHandle>();

    /// <summary>Reads the next record, if there is one.</summary>
    /// <param name="record">The record.</param>
    /// <param name="isWhole">All the descriptors that belong to it came: with our own table full the kernel drops what does not fit (MSG_CTRUNC, recvmsg(2)).</param>
    public bool TryRead(out ReportRecord record, out bool isWhole)
    {
        Span<int> descriptors = stackalloc int[64];
        record = default;
        isWhole = false;
        while (!IsSilent)
        {
            var size = channel.Read(out record, descriptors, out var count);
            if (size is -Errno.EAGAIN or -Errno.EINTR)
            {
                return false;
            }

            // A word of ours that the launcher had no reason to read any more comes back as an error, once, ahead of the
            // records that are still there (unix_release_sock, net/unix/af_unix.c).
            if (size == -Errno.ECONNRESET)
            {
                continue;
            }

            if (size != ReportRecord.Size)
            {
                Lost = true;
                return false;
            }

            Take(record, descriptors[..count]);
            isWhole = count >= BitOperations.PopCount(record.DescriptorMask);
            return true;
        }

        return false;
    }

    /// <summary>The master of the job's terminal, which is the caller's now; null without one.</summary>
    public SafeFileHandle? TakeTerminal() => Taken(ref _descriptors[StartedTerminal]);

    /// <summary>What a job that waits at its barrier has handed up, which is the caller's now.</summary>
    public BarrierDescriptors TakeBarrier() => Interlocked.Exchange(ref _barrier, null) ?? new(0, []);

    /// <summary>The master of the terminal of who has entered, which is the caller's now; null without one.</summary>
    public SafeFileHandle? TakeEntered() => Taken(ref _entered);

    /// <summary>
    /// Whether pid 1 still holds the job's mounts. A process that ends gives up its memory before its namespaces (exit_mm, do_exit in kernel/exit.c),
    /// whatever ended it and whoever knows of it yet.
    /// </summary>
    public bool HoldsMounts()
    {
        if (IsSilent || Proc is not { } proc)
        {
            return false;
        }

        Span<byte> pages = stackalloc byte[1];
        var error = Libc.OpenAt(proc, "1/statm\0"u8, OpenFlags.ReadOnly, out var file);
        using (file)
        {
            return error == 0 && Libc.Read(file, pages) == 1 && pages[0] != (byte)'0';
        }
    }

    /// <summary>Closes the descriptors; what was told stays.</summary>
    public void Dispose()
    {
        _barrier?.Dispose();
        _entered?.Dispose();
        foreach (var made in _made)
        {
            made.Dispose();
        }

        foreach (var descriptor in _descriptors)
        {
            descriptor?.Dispose();
        }
    }

    private void Take(ReportRecord record, ReadOnlySpan<int> descriptors)
    {
        switch (record.Kind)
        {
            case ReportKind.Barrier:
                _barrier = new(record.DescriptorMask, descriptors);
                break;
            case ReportKind.Entered:
                _entered?.Dispose();
                _entered = descriptors.Length > 0 ? new SafeFileHandle(descriptors[0], ownsHandle: true) : null;
                break;
            case ReportKind.Started:
                Started = record;
                Keep(record.DescriptorMask, descriptors);
                break;
            case ReportKind.Sockets:
                _made = Handles(descriptors);
                break;
            case ReportKind.Failed:
                Failed ??= SetupExpired is null ? record : null;
                break;
            case ReportKind.Violation:
                Violation ??= record;
                break;
            case ReportKind.Deadline when record.Step == ReportRecord.DeadlineSetup:
                SetupExpired = (int)record.Detail;
                break;
            case ReportKind.Ended:
                Ended = record;
                break;
            case ReportKind.Gone:
                Gone = record;
                break;
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

    private static SafeFileHandle[] Handles(ReadOnlySpan<int> descriptors)
    {
        var handles = new SafeFileHandle[descriptors.Length];
        for (var index = 0; index < handles.Length; index++)
        {
            handles[index] = new SafeFileHandle(descriptors[index], ownsHandle: true);
        }

        return handles;
    }

    private static SafeFileHandle? Taken(ref SafeFileHandle? held)
    {
        var taken = held;
        held = null;
        return taken;
    }
}
