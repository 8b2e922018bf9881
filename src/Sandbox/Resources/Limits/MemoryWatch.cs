using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// Two kinds of look. Counters (statm of each process, statfs of each tmpfs) cost microseconds whatever the job does. They give a
// lower bound, which ends a job at once, and an upper one, below which nobody needs to know more. What lies between takes a whole
// look, and that a job can make slow; while one is under way the counters are read on and on, and a job that keeps it from coming
// to an end is ended for that.

/// <summary>Holds a job to its memory limit by looking.</summary>
internal sealed class MemoryWatch : IDisposable
{
    // A whole look walks the page tables of processes that may share memory since fork(2), some 60 ns for a page: one
    // second is enough for 60 GiB in pages of 4 KiB. It counts in CPU time of the look, because the job's own tasks may
    // keep it waiting for a CPU; only if that takes five times as long it is the job's to answer for. Real time counts in
    // steps, lest a host that was stopped for a while finds everything overdue.
    private static readonly TimeSpan s_maxWork = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_maxDoubt = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_maxStep = TimeSpan.FromMilliseconds(100);

    // Whole looks take a tenth of a CPU at most. Some things no counter shows (memfds, sockets): for these one is due now and then.
    private const int RestPerWork = 10;
    private static readonly TimeSpan s_maxRest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_soonestLook = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_lookForPeak = TimeSpan.FromMilliseconds(100);

    // How soon a look that was begun is asked for.
    private static readonly TimeSpan s_answer = TimeSpan.FromMilliseconds(2);

    private const int MaxBlindLooks = 3;

    private readonly long _limit;
    private readonly IReadOnlyList<SafeFileHandle> _directories;
    private readonly MemoryPace? _pace;
    private readonly MemoryFloor _floor = new();
    private readonly MemoryLook _look;
    private readonly long _placed;
    private long _certain;
    private long _shown;
    private long _upper;
    private long _shownAtLook;
    private long _shownAtReading;
    private MemoryReading _last;
    private TimeSpan _lastCheck;
    private TimeSpan _begun;
    private TimeSpan _rested;
    private TimeSpan _workBefore;
    private TimeSpan _workAtLook;
    private TimeSpan _doubt;
    private int _blindLooks;

    /// <summary>Starts watching; <paramref name="clock"/> only measures the cost of a look.</summary>
    public MemoryWatch(long? limit, TreeHandles handles, TimeProvider clock)
    {
        _limit = limit ?? long.MaxValue;
        _directories = handles.Tmpfs;
        _pace = limit is { } bytes ? new MemoryPace(bytes, HostProcessors.Online) : null;
        _look = new MemoryLook(handles, _limit, clock);
        _placed = handles.PlacedBytes;
    }

    /// <summary>Largest memory measured, or known for certain; above the limit only if a second measurement agreed.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>What it had at the last look: what the last whole one has found, and what the counters have changed by since.</summary>
    public long UsedBytes => Math.Max(Certain, Math.Max(_last.Bytes + _shown - _shownAtReading, 0));

    /// <summary>What the job may have had at most when it was stopped because nobody could say what it has; else null.</summary>
    public long? UnmeasuredBytes { get; private set; }

    /// <summary>Data in the job's sockets counts as its memory.</summary>
    public bool SeesSockets => _look.SeesSockets;

    /// <inheritdoc cref="MemoryLook.SharingMeans"/>
    public SharingMeans SharingMeans => _look.SharingMeans;

    /// <summary>A whole look is under way.</summary>
    public bool IsLooking => _look.IsBusy;

    /// <summary>The counters alone are above the limit; but what moved from one process to another meanwhile was counted twice.</summary>
    public bool IsSuspect => _certain - (_floor.Lag * Environment.SystemPageSize) > _limit;

    /// <summary>Time until the next <see cref="Check"/>; null without a limit.</summary>
    public TimeSpan? NextCheck => Pace() is not { } pace ? null : IsLooking && pace > s_answer ? s_answer : pace;

    /// <summary>Takes the counters of a look.</summary>
    public void Count(ProcessTable table)
    {
        _floor.Add(table.Processes);
        var files = Files();
        long page = Environment.SystemPageSize;
        _certain = (_floor.Pages * page) + Math.Max(files - _placed, 0);
        _shown = ((table.ResidentPages - table.SharedPages) * page) + files;
        _upper = (table.ResidentPages * page) + files + Elsewhere;
    }

    /// <summary>Judges the counters and what a whole look has found meanwhile, and begins the next one if it is due.</summary>
    /// <param name="now">Time since execve.</param>
    public LimitReached? Check(TimeSpan now)
    {
        var step = now - _lastCheck;
        _lastCheck = now;
        _doubt = !IsLooking ? TimeSpan.Zero : _doubt + (step < s_maxStep ? step : s_maxStep);
        if (_look.TryTake(out var reading))
        {
            Take(reading, now);
        }

        PeakBytes = Math.Max(PeakBytes, Math.Max(_last.Bytes, Certain));
        var reached = Excess() ?? Doubt() ?? Blindness();
        if (reached is null && IsDue(now))
        {
            Begin(now);
        }

        return reached;
    }

    /// <summary>Measures once more, after the end: files outlive those who wrote them.</summary>
    public void ReadFinal()
    {
        var rest = _look.MeasureRest();
        if (_look.TryTake(out var reading))
        {
            PeakBytes = Math.Max(PeakBytes, reading.Bytes);
        }

        PeakBytes = Math.Max(PeakBytes, rest ?? 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _look.Dispose();

    // What the last whole look found beside what counters showed then.
    private long Elsewhere => Math.Max(_last.Bytes - _shownAtLook, 0);

    private TimeSpan? Pace() => _pace?.NextLook(Math.Max(_certain, _last.Bytes + Math.Max(_shown - _shownAtLook, 0)));

    private long Files()
    {
        long bytes = 0;
        foreach (var directory in _directories)
        {
            bytes += Libc.FileSystem(directory, out var usage) < 0 ? 0 : usage.UsedBytes;
        }

        return bytes;
    }

    // One look alone may have been slow because the host was busy, or because it was the first.
    private void Take(MemoryReading reading, TimeSpan now)
    {
        var rest = Shorter(reading.Work, _workBefore) * RestPerWork;
        _rested = now + Shorter(rest, s_maxRest);
        _workBefore = reading.Work;
        _blindLooks = reading.IsStarved ? _blindLooks + 1 : 0;
        _doubt = TimeSpan.Zero;
        (_last, _shownAtReading) = (reading, _shownAtLook);
    }

    // Counters that may be wrong are no evidence of an excess.
    private long Certain => IsSuspect ? _certain : Math.Min(_certain, _limit);

    private LimitReached? Excess() => Math.Max(Certain, _last.Bytes) is var bytes && bytes > _limit
        ? new() { Cause = StopCause.Memory, Bytes = bytes }
        : null;

    private LimitReached? Doubt()
    {
        if (!IsLooking || (_doubt < s_maxDoubt && _look.Work - _workAtLook < s_maxWork))
        {
            return null;
        }

        UnmeasuredBytes ??= _upper;
        return new() { Cause = StopCause.Memory, Bytes = _upper };
    }

    // Descriptors may be short for a moment; a job that is not seen again and again is held by nothing.
    private LimitReached? Blindness() =>
        _look.HasFailed || _blindLooks >= MaxBlindLooks ? new() { Cause = StopCause.HostLost } : null;

    private bool IsDue(TimeSpan now)
    {
        if (IsLooking || now < _rested)
        {
            return false;
        }

        var pace = Pace() ?? s_lookForPeak;
        return _upper > _limit || now - _begun >= (pace > s_soonestLook ? pace : s_soonestLook);
    }

    // Where no thread is to be had, the next try is as good as a look that saw nothing.
    private void Begin(TimeSpan now)
    {
        (_begun, _workAtLook) = (now, _look.Work);
        _shownAtLook = _shown;
        if (!_look.TryBegin(now))
        {
            _blindLooks++;
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
