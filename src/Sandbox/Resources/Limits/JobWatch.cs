using Sandbox.Interop;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Resources.Limits;

// Two sources: the job's control groups for what they hold, and a watch over its procfs for the rest. Neither has
// a timer: the supervisor's poll loop sleeps for NextDelay at most, or until the kernel has something to tell.

/// <summary>Watches one job against its limits.</summary>
internal sealed class JobWatch : IDisposable
{
    private const int MaxLooksAtLimit = 3;
    private const int MaxBlindLooks = 3;

    // Peaks that this kernel does not count are those of a look; a notice that is not to be had is one, too.
    private static readonly TimeSpan s_samplingPace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_slowestLook = TimeSpan.FromSeconds(1);

    private readonly ResourceLimits _limits;
    private readonly JobCgroup? _cgroup;
    private readonly TreeWatch? _tree;
    private readonly DiskWatch _disk;
    private readonly IdleWatch? _idle;
    private readonly CpuMeter? _cpu;
    private readonly SocketBuffers? _uncharged;
    private readonly bool _watchesMemory;
    private int _looksAtLimit;
    private int _blindLooks;
    private long _lastOoms;
    private long _mostUncharged;
    private TimeSpan _nextLookAtTree;

    /// <summary>Starts watching.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="handles">The descriptors through which the tree can be seen.</param>
    /// <param name="cgroup">The job's control groups; null without. They stay the caller's.</param>
    /// <param name="setup">CPU time that the payload used before execve, which is not the job's.</param>
    /// <param name="network">What the job can send on: version 1 counts no data that waits in sockets of UDP.</param>
    public JobWatch(ResourceLimits limits, TreeHandles handles, JobCgroup? cgroup, TimeUsage setup, Network network)
    {
        (_limits, _cgroup) = (limits, cgroup);
        _disk = new DiskWatch(handles);
        _cpu = cgroup?.Cpu is { } group ? new CpuMeter(group, setup) : null;
        _idle = _cpu is not null && limits.IdleTime is { } idle ? new IdleWatch(idle, handles.Written) : null;
        _watchesMemory = cgroup?.Memory is not { } memory || (!memory.CountsSockets && network is LoopbackNetwork or EgressNetwork or JoinedNetwork or ContainerNetwork);
        if (_watchesMemory || _cpu is null)
        {
            _tree = new TreeWatch(LeftToTree(), handles);
            _nextLookAtTree = _tree.NextDelay;
        }

        if (!_watchesMemory && handles.Sockets is not null)
        {
            _uncharged = new SocketBuffers(handles, cgroup!.Memory!.CountsSockets ? SocketQuery.Uncharged : SocketQuery.UnchargedVersion1);
        }

        NextDelay = Delay(TimeSpan.Zero);
    }

    /// <summary>How long the caller may sleep before the next <see cref="Check"/>, unless <see cref="Event"/> comes first.</summary>
    public TimeSpan NextDelay { get; private set; }

    /// <summary>What the caller polls for beside the time.</summary>
    public PollEntry Event => _cgroup?.Memory is { Notice: { } notice } memory
        ? new() { Descriptor = notice.DangerousGetHandle().ToInt32(), Wanted = memory.NoticeEvent }
        : new() { Descriptor = -1 };

    /// <summary>CPU time of the job as of the last look.</summary>
    public TimeSpan Cpu => _cpu?.Cpu ?? _tree!.Cpu;

    /// <summary>User time of the job where its control group tells; null where only the sum is known.</summary>
    public TimeSpan? UserCpu => _cpu?.User;

    /// <summary>How long the tree has made no progress; zero without an idle limit.</summary>
    public TimeSpan Idle => _idle?.Idle ?? _tree?.Idle ?? TimeSpan.Zero;

    /// <summary>Largest use of memory.</summary>
    public long PeakMemoryBytes => Math.Max(_cgroup?.Memory?.PeakBytes ?? 0, WatchedMemoryBytes);

    /// <summary>What it has now: that of its control group is read, and a watch tells what it saw last. Counted as the peak, which it never exceeds.</summary>
    public long MemoryBytes() => Math.Min(PeakMemoryBytes, Math.Max(_cgroup?.Memory?.UsedBytes() ?? 0, _watchesMemory ? _tree!.MemoryBytes : _uncharged?.Bytes ?? 0));

    /// <summary>The largest use that a watch has seen, which alone may be held against a limit: what a group counts, it holds.</summary>
    public long WatchedMemoryBytes => _watchesMemory ? _tree!.PeakMemoryBytes : _mostUncharged;

    /// <inheritdoc cref="MemoryWatch.UnmeasuredBytes"/>
    public long? UnmeasuredMemoryBytes => _watchesMemory ? _tree!.UnmeasuredMemoryBytes : null;

    /// <summary>What held the job was taken away while it ran.</summary>
    public bool IsLost => _cgroup is { IsLost: true };

    /// <summary>The peak is of looks, not the kernel's count.</summary>
    public bool IsMemorySampled => _cgroup?.Memory?.IsSampled ?? true;

    /// <summary>Largest number of tasks; 0 if nobody looked.</summary>
    public int PeakTasks => _cgroup?.Tasks?.Peak ?? _tree?.PeakTasks ?? 0;

    /// <summary>How often a fork failed at the limit; null where nobody counts.</summary>
    public long? RefusedTasks => _cgroup?.Tasks?.Refused;

    /// <summary>Processes that the kernel's OOM killer took because of the job's own limit.</summary>
    public int OomKills => _cgroup?.Memory is { Ooms: > 0 } memory ? (int)memory.OomKills : 0;

    /// <summary>Processes that the kernel's OOM killer took although the job was within its limit: the host, or a group above, had no memory left.</summary>
    public int OuterOomKills => _cgroup?.Memory is { Ooms: 0 } memory ? (int)memory.OomKills : 0;

    /// <summary>An allocation failed at the job's own limit, whether or not a process was killed for it.</summary>
    public bool ReachedMemoryLimit => _cgroup?.Memory is { Ooms: > 0 };

    /// <inheritdoc cref="DiskWatch.PeakBytes"/>
    public long PeakDiskBytes => _disk.PeakBytes;

    /// <inheritdoc cref="DiskWatch.PeakInodes"/>
    public long PeakDiskInodes => _disk.PeakInodes;

    /// <summary>Data in the job's sockets counts as its memory.</summary>
    public bool SeesSockets => _tree?.SeesSockets ?? true;

    /// <inheritdoc cref="TreeWatch.MaxSharedBytes"/>
    public long MaxSharedBytes => _tree?.MaxSharedBytes ?? 0;

    /// <summary>How processes with one memory are told from others, where a watch counts it.</summary>
    public SharingMeans SharingMeans => _tree?.SharingMeans ?? SharingMeans.None;

    /// <summary>The job went on without the task clock, and nothing else counts it all.</summary>
    public bool HasLostClock => _cpu is null && _tree!.HasLostClock;

    /// <summary>About how many tasks came and went between two looks; none where the kernel counts.</summary>
    public int UnseenTasks => _cpu is null ? _tree!.UnseenTasks : 0;

    /// <summary>Limits held by the kernel that were seen at their edge, by JSON name.</summary>
    public IReadOnlyList<string> LimitsObserved()
    {
        var observed = new List<string>();
        if (RefusedTasks is { } refused ? refused > 0 : PeakTasks >= _limits.Processes)
        {
            observed.Add("processes");
        }

        if (_disk.WasFull)
        {
            observed.Add("disk");
        }

        return observed;
    }

    /// <summary>Looks.</summary>
    /// <param name="now">Time since execve.</param>
    /// <returns>The first limit found exceeded, or null.</returns>
    public LimitReached? Check(TimeSpan now)
    {
        var full = _disk.Look();
        _cgroup?.Tasks?.Look();
        _cgroup?.Memory?.Look();
        _cpu?.Look();
        _idle?.Add(now, Cpu);
        var reached = Loss() ?? full ?? CpuReached() ?? OutOfMemory() ?? UnchargedReached(now) ?? TreeReached(now) ?? IdleReached();
        NextDelay = Delay(now);
        return reached;
    }

    /// <summary>Reads once more, after the end: the counters then hold everything.</summary>
    public void ReadFinal()
    {
        _ = _disk.Look();
        _cgroup?.Tasks?.Look();
        _cgroup?.Memory?.Look();
        _cpu?.Look();
        _tree?.ReadFinal();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tree?.Dispose();
        _uncharged?.Dispose();
    }

    // What a group holds, the tree is not watched for.
    private ResourceLimits LeftToTree() => _limits with
    {
        CpuTime = _cpu is null ? _limits.CpuTime : null,
        IdleTime = _cpu is null ? _limits.IdleTime : null,
        MemoryBytes = _watchesMemory ? _limits.MemoryBytes : null,
    };

    private LimitReached? CpuReached() =>
        _cpu is { } cpu && cpu.Cpu > _limits.CpuTime ? new() { Cause = StopCause.CpuTime, Time = cpu.Cpu } : null;

    private LimitReached? UnchargedReached(TimeSpan now)
    {
        if (_uncharged is null)
        {
            return null;
        }

        _uncharged.Refresh(now);
        _mostUncharged = Math.Max(_mostUncharged, _uncharged.Bytes);
        return _mostUncharged > _limits.MemoryBytes ? new() { Cause = StopCause.Memory, Bytes = _mostUncharged } : null;
    }

    // A look at a group costs microseconds and may come every millisecond; one at the tree costs a hundred times that.
    private LimitReached? TreeReached(TimeSpan now)
    {
        if (_tree is null || now < _nextLookAtTree)
        {
            return null;
        }

        var reached = _tree.Check(now);
        _nextLookAtTree = now + _tree.NextDelay;
        return reached;
    }

    private LimitReached? IdleReached() =>
        _idle is { IsReached: true } idle ? new() { Cause = StopCause.Idle, Time = idle.Idle } : null;

    // Descriptors may be short for a moment; a job that is not seen again and again is held by nobody's watch.
    private LimitReached? Loss()
    {
        _blindLooks = _cgroup is { IsStarved: true } ? _blindLooks + 1 : 0;
        return IsLost || _blindLooks >= MaxBlindLooks ? new() { Cause = StopCause.HostLost } : null;
    }

    // With memory.oom.group the kernel has ended the whole job itself; in version 1 it took one process of it. It takes none
    // whose oom_score_adj is -1000, which a job may choose if its host was started with that (proc(5)).
    private LimitReached? OutOfMemory()
    {
        if (_cgroup?.Memory is not { } memory || (memory.OomKills == 0 && memory.Ooms == 0))
        {
            return null;
        }

        // A process that the kernel has just taken needs a moment to end: that it was not we who ended it must stay visible.
        // Where it takes nobody, only what fails again and again is stuck: a process that was dying anyway fails once.
        _looksAtLimit = memory.OomKills > 0 || memory.Ooms > _lastOoms ? _looksAtLimit + 1 : 0;
        _lastOoms = memory.Ooms;
        var isLeftToKernel = (memory.KillsAll && memory.OomKills > 0) || _looksAtLimit < MaxLooksAtLimit;
        if (isLeftToKernel)
        {
            return null;
        }

        return memory.Ooms == 0 ? new() { Cause = StopCause.HostMemory } : new() { Cause = StopCause.Memory, Bytes = memory.PeakBytes };
    }

    private TimeSpan Delay(TimeSpan now)
    {
        var delay = _tree is null ? s_slowestLook : Longer(_nextLookAtTree - now, TimeSpan.Zero);
        if (_looksAtLimit + _blindLooks > 0 || _cgroup is { Memory: { IsSampled: true } or { Notice: null } } or { Tasks.IsSampled: true })
        {
            delay = Shorter(delay, s_samplingPace);
        }
        // While there is no socket, that is one read of a few bytes.
        if (_uncharged is { IsAvailable: true })
        {
            delay = Shorter(delay, s_samplingPace);
        }

        if (_cpu is not null && _limits.CpuTime is { } limit)
        {
            delay = Shorter(delay, CpuBudget.NextLook(Cpu, limit, HostProcessors.Online));
        }

        if (_idle is not null)
        {
            delay = Shorter(delay, _idle.NextLook());
        }

        return delay;
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
