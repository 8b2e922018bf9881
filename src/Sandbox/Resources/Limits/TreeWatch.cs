using System.Buffers.Binary;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// The watchdog for limits that no kernel mechanism holds on this host: CPU time, idleness and memory of the tree.
// It has no timer: the supervisor's poll loop sleeps for NextDelay at most and then calls Check. Nothing that it reads itself can
// be made slow by one process; what can is read by a thread (MemoryLook).

/// <summary>Watches one job's tree against its limits.</summary>
internal sealed class TreeWatch : IDisposable
{
    // Looking must stay cheap even if the job has thousands of processes: at most a tenth of one CPU.
    private const int RestPerWork = 10;
    private const int MaxBlindLooks = 3;

    private static readonly TimeSpan s_slowestLook = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_maxRest = TimeSpan.FromMilliseconds(100);

    private readonly ResourceLimits _limits;
    private readonly TreeHandles _handles;
    private readonly TimeProvider _clock;
    private readonly ProcessTable _table;
    private readonly MemoryWatch _memory;
    private readonly IdleWatch? _idle;
    private readonly ClockLoss _loss;
    private bool _readsScheduler;
    private readonly byte[] _perfBuffer = new byte[64];
    private int _blindLooks;
    private TimeSpan _perf;
    private TimeSpan _workOfLastLook;
    private TimeSpan _rest;
    private TimeSpan _nextLook;

    /// <summary>Starts watching; <paramref name="clock"/> only measures the cost of a look.</summary>
    public TreeWatch(ResourceLimits limits, TreeHandles handles, TimeProvider? clock = null)
    {
        _limits = limits;
        _handles = handles;
        _clock = clock ?? TimeProvider.System;
        _table = new ProcessTable(handles.ProcFs);
        _memory = new MemoryWatch(limits.MemoryBytes, handles, _clock);
        _idle = limits.IdleTime is { } idle ? new IdleWatch(idle, handles.Written) : null;
        _loss = new ClockLoss(handles.Perf);
        _readsScheduler = handles.Perf is null && (limits.CpuTime ?? limits.IdleTime) is not null;
        NextDelay = Delay();
    }

    /// <summary>How long the caller may sleep before the next <see cref="Check"/>.</summary>
    public TimeSpan NextDelay { get; private set; }

    /// <summary>CPU time of the tree as of the last look: the larger of the task clock and what /proc shows.</summary>
    public TimeSpan Cpu => _perf > _table.Cpu ? _perf : _table.Cpu;

    /// <summary>How long the tree has made no progress; zero without an idle limit.</summary>
    public TimeSpan Idle => _idle?.Idle ?? TimeSpan.Zero;

    /// <inheritdoc cref="MemoryWatch.PeakBytes"/>
    public long PeakMemoryBytes => _memory.PeakBytes;

    /// <inheritdoc cref="MemoryWatch.UsedBytes"/>
    public long MemoryBytes => _memory.UsedBytes;

    /// <inheritdoc cref="MemoryWatch.UnmeasuredBytes"/>
    public long? UnmeasuredMemoryBytes => _memory.UnmeasuredBytes;

    /// <summary>Largest number of tasks seen, the init not counted.</summary>
    public int PeakTasks { get; private set; }

    /// <summary>Data in the job's sockets counts as its memory.</summary>
    public bool SeesSockets => _memory.SeesSockets;

    /// <summary>A thread is looking at something for it.</summary>
    public bool IsLooking => _memory.IsLooking;

    /// <summary>Bytes of files and shared memory in the process that had most of them at any look.</summary>
    public long MaxSharedBytes => _table.MaxSharedPages * Environment.SystemPageSize;

    /// <summary>How processes with one memory are told from others.</summary>
    public SharingMeans SharingMeans => _memory.SharingMeans;

    /// <summary>About how many tasks came and went between two looks.</summary>
    public int UnseenTasks => _table.UnseenTasks;

    /// <summary>The job went on without the task clock.</summary>
    public bool HasLostClock => _loss.IsCertain;

    /// <summary>Looks at the tree.</summary>
    /// <param name="now">Time since execve.</param>
    /// <returns>The first limit found exceeded, or null.</returns>
    public LimitReached? Check(TimeSpan now)
    {
        // Reading the clock costs microseconds, looking at the tree up to milliseconds: in between the clock alone is read, or
        // the rest after a costly look would let a tree of many short processes run on past its budget.
        if (now < _nextLook && IsOnlyClockDue)
        {
            return ClockReached(now);
        }

        var start = _clock.GetTimestamp();
        _ = ProcPath.TakeStarvation();
        Look();
        var reached = CpuReached() ?? MemoryReached(now) ?? IdleReached(now) ?? Blindness();
        Rest(_clock.GetElapsedTime(start));
        var delay = Delay();
        _nextLook = now + delay;
        NextDelay = IsOnlyClockDue ? Shorter(delay, Budget()) : delay;
        return reached;
    }

    /// <summary>
    /// Reads once more, after the end: the task clock then holds the whole tree's time, and files in writable tmpfs outlive
    /// those who wrote them.
    /// </summary>
    public void ReadFinal()
    {
        ReadPerf();
        _memory.ReadFinal();
    }

    public void Dispose()
    {
        _table.Dispose();
        _memory.Dispose();
    }

    private void Look()
    {
        var hasHungUp = _loss.HasHungUp();
        ReadPerf();
        _table.Refresh(_readsScheduler);
        PeakTasks = Math.Max(PeakTasks, _table.Tasks);
        _loss.Add(hasHungUp, _table.IsAlive);
        _readsScheduler |= _loss.IsCertain;
    }

    private bool IsOnlyClockDue => _handles.Perf is not null && _limits.CpuTime is not null;

    private TimeSpan Budget() => CpuBudget.NextLook(Cpu, _limits.CpuTime!.Value, HostProcessors.Online);

    private LimitReached? ClockReached(TimeSpan now)
    {
        ReadPerf();
        NextDelay = Shorter(Budget(), _nextLook - now);
        return _perf > _limits.CpuTime ? new() { Cause = StopCause.CpuTime, Time = _perf } : null;
    }

    private LimitReached? CpuReached()
    {
        if (_limits.CpuTime is not { } limit || Cpu <= limit)
        {
            return null;
        }

        // A child read alive and then read again in the total of the parent that has just waited for it counts
        // twice; a second look sees it in one place.
        if (_perf <= limit)
        {
            Look();
        }

        return Cpu > limit ? new() { Cause = StopCause.CpuTime, Time = Cpu } : null;
    }

    private LimitReached? MemoryReached(TimeSpan now)
    {
        _memory.Count(_table);
        if (_memory.IsSuspect)
        {
            _table.Refresh(_readsScheduler);
            _memory.Count(_table);
        }

        return _memory.Check(now);
    }

    private LimitReached? IdleReached(TimeSpan now)
    {
        _idle?.Add(now, Cpu);
        return _idle is { IsReached: true } ? new() { Cause = StopCause.Idle, Time = _idle.Idle } : null;
    }

    // Descriptors may be short for a moment; a job that is not seen again and again is held by nothing.
    private LimitReached? Blindness()
    {
        _blindLooks = ProcPath.TakeStarvation() ? _blindLooks + 1 : 0;
        return _blindLooks >= MaxBlindLooks ? new() { Cause = StopCause.HostLost } : null;
    }

    // One look alone may have been slow because the host was busy, or because it was the first.
    private void Rest(TimeSpan work)
    {
        _rest = Shorter(Shorter(work, _workOfLastLook) * RestPerWork, s_maxRest);
        _workOfLastLook = work;
    }

    private TimeSpan Delay()
    {
        // Without a task clock, children that nobody waits for are seen only while they live.
        var delay = _readsScheduler ? MemoryPace.MaxNap : s_slowestLook;
        if (_limits.CpuTime is { } cpu)
        {
            delay = Shorter(delay, CpuBudget.NextLook(Cpu, cpu, HostProcessors.Online));
        }

        if (_memory.NextCheck is { } memory)
        {
            delay = Shorter(delay, memory);
        }

        if (_idle is not null)
        {
            delay = Shorter(delay, _idle.NextLook());
        }

        return delay > _rest ? delay : _rest;
    }

    private void ReadPerf()
    {
        if (_handles.Perf is { } perf && Libc.Read(perf, _perfBuffer) >= sizeof(long))
        {
            _perf = TimeSpan.FromTicks(BinaryPrimitives.ReadInt64LittleEndian(_perfBuffer) / 100);
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
