using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// Reads every process of the job through the job's own procfs. Steady state allocates nothing: descriptors of the
// first few processes are kept, buffers are used again. Numbers may be stale by one scheduler tick, never invented.

/// <summary>The processes of one job as procfs shows them.</summary>
internal sealed class ProcessTable : IDisposable
{
    private const int Init = 1;

    // USER_HZ, the unit of times in procfs, is 100 on x86_64 and aarch64 (include/asm-generic/param.h).
    private const long NanosecondsPerTick = 10_000_000;

    // Most jobs are no larger; further processes cost three openat(2) per look instead of descriptors,
    // of which a host with many jobs has few.
    private const int KeptOpen = 4;

    // fs/proc: the numbered entries start at position 256. Starting there saves the listing of some sixty
    // other names; if init does not turn up there, every later look starts from the beginning.
    private const long FirstProcessPosition = 256;

    private readonly SafeFileHandle _procFs;
    private readonly DirectoryReader _listing = new(8192);
    private readonly SafeFileHandle _directory;
    private readonly Dictionary<int, TrackedProcess> _processes = [];
    private readonly List<int> _gone = [];
    private readonly byte[] _buffer = new byte[1024];
    private readonly LostCounts _lostTicks = new();
    private readonly LostCounts _lostFaults = new();
    private readonly MemorySharing? _sharing;
    private TrackedProcess? _init;
    private long _listFrom = FirstProcessPosition;
    private int _highestNumber = Init;
    private int _numbersSeen;
    private int _mostThreads;
    private long _look;
    private long _vanishedTicks;
    private long _vanishedFaults;
    private long _reapedTicks;
    private long _reapedFaults;

    /// <summary>Opens the table on a procfs; one in which processes with one memory are told from others.</summary>
    /// <param name="procFs">The job's own.</param>
    /// <param name="init">The number of its pid 1 as we see it; 0 if that is not known.</param>
    public ProcessTable(SafeFileHandle procFs, int init)
        : this(procFs) => _sharing = new MemorySharing(procFs, init, _processes);

    /// <summary>Opens the table on a procfs; one that is read in no time, because nothing waits for a process (kcmp(2) does, for one in execve).</summary>
    public ProcessTable(SafeFileHandle procFs)
    {
        // The caller's descriptor may be O_PATH, which cannot be listed.
        var error = Libc.OpenAt(procFs, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out _directory);
        if (error < 0)
        {
            throw new SandboxException("the job's process list cannot be opened") { Operation = Operation.WatchProcesses, Errno = Errno.Name(-error) };
        }

        _procFs = procFs;
    }

    /// <summary>Every process but the init, by the number the job knows.</summary>
    public Dictionary<int, TrackedProcess> Processes => _processes;

    /// <summary>Tasks at the last look, threads and zombies included, init excluded.</summary>
    public int Tasks { get; private set; }

    /// <summary>About how many tasks came and went between two looks: numbers used that no look has seen.</summary>
    public int UnseenTasks => Math.Max(_highestNumber - Init - _numbersSeen, 0);

    /// <summary>The last look found a process that has not ended.</summary>
    public bool IsAlive { get; private set; }

    /// <summary>CPU time of the tree: living processes, those they waited for, those init reaped, those nobody waited for.</summary>
    public TimeSpan Cpu { get; private set; }

    /// <summary>Pages in memory of all processes together, shared ones once per process.</summary>
    public long ResidentPages { get; private set; }

    /// <summary>The part of <see cref="ResidentPages"/> that belongs to files and shared memory.</summary>
    public long SharedPages { get; private set; }

    /// <summary>Anonymous pages of the process that has most of them.</summary>
    public long LargestAnonymousPages { get; private set; }

    /// <summary>Pages of files and shared memory in the process that had most of them at any look.</summary>
    public long MaxSharedPages { get; private set; }

    /// <summary>Page faults of the tree so far: of living processes, those they waited for, and those init reaped.</summary>
    public long Faults { get; private set; }

    /// <summary>Every process that was seen to end was waited for, so that its page faults are among <see cref="Faults"/>.</summary>
    public bool HasAllFaults => _lostFaults.Counted == 0;

    /// <summary>How processes with one memory are told from others.</summary>
    public SharingMeans SharingMeans => _sharing?.Means ?? SharingMeans.None;

    /// <summary>Looks once more for processes with one memory among all that the last look found, whatever their figures.</summary>
    public void CompareAll()
    {
        _sharing?.Refresh(_look, comparesAll: true);
        SumMemory();
    }

    /// <summary>Looks at the whole tree once.</summary>
    public void Refresh(bool exactCpu)
    {
        _look++;
        _vanishedTicks = _vanishedFaults = _reapedTicks = _reapedFaults = 0;
        if (!ReadAll(exactCpu) && _listFrom != 0)
        {
            _listFrom = 0;
            ReadAll(exactCpu);
        }

        DropVanished();
        _sharing?.Refresh(_look, comparesAll: false);
        _lostTicks.Add(_vanishedTicks, _reapedTicks);
        _lostFaults.Add(_vanishedFaults, _reapedFaults);
        Sum();
    }

    public void Dispose()
    {
        foreach (var process in _processes.Values)
        {
            process.Dispose();
        }

        _init?.Dispose();
        _directory.Dispose();
    }

    private bool ReadAll(bool exactCpu)
    {
        var sawInit = false;
        _listing.Attach(_directory, _listFrom);
        while (_listing.Next(out var name))
        {
            if (!AsciiNumbers.IsPid(name, out var pid))
            {
                continue;
            }

            sawInit |= pid == Init;
            if (pid == Init)
            {
                ReadInit();
            }
            else
            {
                ReadJobProcess(pid, exactCpu);
            }
        }

        return sawInit;
    }

    private void ReadInit()
    {
        _init ??= new TrackedProcess(Init);
        var before = _init.Stat;
        if (_init.RefreshTimes(_procFs, _buffer, keepOpen: true))
        {
            AddReaped(before, _init.Stat);
        }
    }

    private void ReadJobProcess(int pid, bool exactCpu)
    {
        if (_processes.TryGetValue(pid, out var process))
        {
            if (process.LastSeen == _look || ReadAgain(process, exactCpu))
            {
                return;
            }

            // The number may belong to a new process by now.
            Remove(process);
        }

        process = new TrackedProcess(pid);
        if (ReadProcess(process, keepOpen: _processes.Count < KeptOpen, exactCpu))
        {
            Add(process);
        }
    }

    private void Add(TrackedProcess process)
    {
        _processes.Add(process.Pid, process);
        _highestNumber = Math.Max(_highestNumber, process.Pid);
        _numbersSeen++;
    }

    private bool ReadAgain(TrackedProcess process, bool exactCpu)
    {
        var before = process.Stat;
        if (!ReadProcess(process, process.IsKeptOpen, exactCpu))
        {
            return false;
        }

        if (process.Stat.StartTime != before.StartTime)
        {
            AddVanished(before);
        }

        return true;
    }

    private bool ReadProcess(TrackedProcess process, bool keepOpen, bool exactCpu)
    {
        var before = process.Stat;
        if (!process.Refresh(_procFs, _buffer, keepOpen, exactCpu))
        {
            return false;
        }

        process.LastSeen = _look;
        AddReaped(before, process.Stat);
        return true;
    }

    private void AddReaped(in ProcStat before, in ProcStat now)
    {
        _reapedTicks += Math.Max(now.ReapedTicks - before.ReapedTicks, 0);
        _reapedFaults += Math.Max(now.ReapedFaults - before.ReapedFaults, 0);
    }

    private void AddVanished(in ProcStat last)
    {
        _vanishedTicks += last.OwnTicks + last.ReapedTicks;
        _vanishedFaults += last.Faults;
    }

    private void DropVanished()
    {
        foreach (var process in _processes.Values)
        {
            if (process.LastSeen != _look)
            {
                _gone.Add(process.Pid);
            }
        }

        foreach (var pid in _gone)
        {
            Remove(_processes[pid]);
        }

        _gone.Clear();
    }

    private void Remove(TrackedProcess process)
    {
        AddVanished(process.Stat);
        process.Dispose();
        _processes.Remove(process.Pid);
    }

    private void Sum()
    {
        long ticks = _lostTicks.Counted + (_init?.Stat.ReapedTicks ?? 0), fraction = 0, faults = _init?.Stat.ReapedFaults ?? 0;
        var tasks = 0;
        IsAlive = false;
        foreach (var process in _processes.Values)
        {
            IsAlive |= !process.Stat.HasEnded;
            ticks += process.Stat.OwnTicks + process.Stat.ReapedTicks;
            fraction += Math.Max(process.SchedulerNanoseconds - (process.Stat.OwnTicks * NanosecondsPerTick), 0);
            faults += process.Stat.Faults;
            tasks += process.Stat.Threads;
        }

        Cpu = TimeSpan.FromTicks(((ticks * NanosecondsPerTick) + fraction) / 100);
        (Faults, Tasks) = (faults, tasks);
        CountThreads(tasks - _processes.Count);
        SumMemory();
    }

    private void SumMemory()
    {
        long resident = 0, shared = 0, largest = 0, mostShared = 0;
        foreach (var process in _processes.Values)
        {
            if (process.SharesWith is not null)
            {
                continue;
            }

            resident += process.ResidentPages;
            shared += process.SharedPages;
            largest = Math.Max(largest, process.ResidentPages - process.SharedPages);
            mostShared = Math.Max(mostShared, process.SharedPages);
        }

        (ResidentPages, SharedPages, LargestAnonymousPages, MaxSharedPages) = (resident, shared, largest, Math.Max(MaxSharedPages, mostShared));
    }

    // Threads take numbers from the same row (pid_namespaces(7)); more of them than ever before are new ones.
    private void CountThreads(int threads)
    {
        _numbersSeen += Math.Max(threads - _mostThreads, 0);
        _mostThreads = Math.Max(threads, _mostThreads);
    }
}
