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

    // What the child may have touched between the reading of the parent and its own.
    private const int PagesOfDoubt = 64;

    // Most jobs are no larger; further processes cost three openat(2) per look instead of descriptors,
    // of which a host with many jobs has few.
    private const int KeptOpen = 4;

    // fs/proc: the numbered entries start at position 256. Starting there saves the listing of some sixty
    // other names; if init does not turn up there, every later look starts from the beginning.
    private const long FirstProcessPosition = 256;

    private readonly SafeFileHandle _procFs;
    private readonly DirectoryReader _listing = new(8192);
    private readonly SafeFileHandle _folder;
    private readonly Dictionary<int, TrackedProcess> _processes = [];
    private readonly List<int> _gone = [];
    private readonly byte[] _buffer = new byte[1024];
    private readonly LostCpu _lost = new();
    private TrackedProcess? _init;
    private long _listFrom = FirstProcessPosition;
    private int _highestNumber = Init;
    private int _numbersSeen;
    private int _mostThreads;
    private long _look;
    private long _vanishedTicks;
    private long _reapedGrowth;

    /// <summary>Opens the table on a procfs.</summary>
    public ProcessTable(SafeFileHandle procFs)
    {
        // The caller's descriptor may be O_PATH, which cannot be listed.
        var error = Libc.OpenAt(procFs, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out _folder);
        if (error < 0)
            throw new SandboxException("the job's process list cannot be opened") { Phase = "watch", Step = "open the job's /proc", Errno = Errno.Name(-error) };

        _procFs = procFs;
    }

    /// <summary>Every process but the init, by the number the job knows.</summary>
    public Dictionary<int, TrackedProcess> Processes => _processes;

    /// <summary>Tasks at the last look, threads and zombies included, init excluded.</summary>
    public int Tasks { get; private set; }

    /// <summary>About how many tasks came and went between two looks: numbers used that no look has seen.</summary>
    public int UnseenTasks => Math.Max(_highestNumber - Init - _numbersSeen, 0);

    /// <summary>CPU time of the tree: living processes, those they waited for, those init reaped, those nobody waited for.</summary>
    public TimeSpan Cpu { get; private set; }

    /// <summary>Pages in memory of all processes together, shared ones once per process.</summary>
    public long ResidentPages { get; private set; }

    /// <summary>The part of <see cref="ResidentPages"/> that belongs to files and shared memory.</summary>
    public long SharedPages { get; private set; }

    /// <summary>Looks at the whole tree once.</summary>
    public void Refresh(bool exactCpu)
    {
        _look++;
        _vanishedTicks = _reapedGrowth = 0;
        if (!ReadAll(exactCpu) && _listFrom != 0)
        {
            _listFrom = 0;
            ReadAll(exactCpu);
        }

        DropVanished();
        FindBorrowers();
        _lost.Add(_vanishedTicks, _reapedGrowth);
        Sum();
    }

    public void Dispose()
    {
        foreach (var process in _processes.Values)
            process.Dispose();

        _init?.Dispose();
        _folder.Dispose();
    }

    private bool ReadAll(bool exactCpu)
    {
        var sawInit = false;
        _listing.Attach(_folder, _listFrom);
        while (_listing.Next(out var name))
        {
            if (!AsciiNumbers.IsPid(name, out var pid))
                continue;

            sawInit |= pid == Init;
            if (pid == Init)
                ReadInit();
            else
                ReadJobProcess(pid, exactCpu);
        }

        return sawInit;
    }

    private void ReadInit()
    {
        _init ??= new TrackedProcess(Init);
        var reaped = _init.Stat.ReapedTicks;
        if (_init.RefreshTimes(_procFs, _buffer, keepOpen: true))
            _reapedGrowth += _init.Stat.ReapedTicks - reaped;
    }

    private void ReadJobProcess(int pid, bool exactCpu)
    {
        if (_processes.TryGetValue(pid, out var process))
        {
            if (process.LastSeen == _look || ReadAgain(process, exactCpu))
                return;

            // The number may belong to a new process by now.
            Remove(process);
        }

        process = new TrackedProcess(pid);
        if (ReadProcess(process, keepOpen: _processes.Count < KeptOpen, exactCpu))
            Add(process);
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
            return false;

        if (process.Stat.StartTime != before.StartTime)
            _vanishedTicks += before.OwnTicks + before.ReapedTicks;

        return true;
    }

    private bool ReadProcess(TrackedProcess process, bool keepOpen, bool exactCpu)
    {
        var reaped = process.Stat.ReapedTicks;
        if (!process.Refresh(_procFs, _buffer, keepOpen, exactCpu))
            return false;

        process.LastSeen = _look;
        _reapedGrowth += Math.Max(process.Stat.ReapedTicks - reaped, 0);
        return true;
    }

    private void DropVanished()
    {
        foreach (var process in _processes.Values)
        {
            if (process.LastSeen != _look)
                _gone.Add(process.Pid);
        }

        foreach (var pid in _gone)
            Remove(_processes[pid]);

        _gone.Clear();
    }

    private void Remove(TrackedProcess process)
    {
        _vanishedTicks += process.Stat.OwnTicks + process.Stat.ReapedTicks;
        process.Dispose();
        _processes.Remove(process.Pid);
    }

    // Between vfork(2) and execve(2) parent and child are two processes with one memory, and the parent stands still
    // in state D. One child per waiting parent is taken for that, and only if the figures agree: pages of two real
    // memories are never hidden for longer than a disk makes somebody wait.
    private void FindBorrowers()
    {
        foreach (var process in _processes.Values)
            process.BorrowsMemory = false;

        foreach (var parent in _processes.Values)
        {
            if (parent.Stat.State == (byte)'D' && FindBorrower(parent) is { } child)
                child.BorrowsMemory = true;
        }
    }

    private TrackedProcess? FindBorrower(TrackedProcess parent)
    {
        foreach (var child in _processes.Values)
        {
            if (child.Stat.Parent == parent.Pid && Math.Abs(child.ResidentPages - parent.ResidentPages) <= PagesOfDoubt)
                return child;
        }

        return null;
    }

    private void Sum()
    {
        long ticks = _lost.Ticks + (_init?.Stat.ReapedTicks ?? 0), fraction = 0, resident = 0, shared = 0;
        var tasks = 0;
        foreach (var process in _processes.Values)
        {
            ticks += process.Stat.OwnTicks + process.Stat.ReapedTicks;
            fraction += Math.Max(process.SchedulerNanoseconds - (process.Stat.OwnTicks * NanosecondsPerTick), 0);
            resident += process.BorrowsMemory ? 0 : process.ResidentPages;
            shared += process.BorrowsMemory ? 0 : process.SharedPages;
            tasks += process.Stat.Threads;
        }

        Cpu = TimeSpan.FromTicks(((ticks * NanosecondsPerTick) + fraction) / 100);
        (ResidentPages, SharedPages, Tasks) = (resident, shared, tasks);
        CountThreads(tasks - _processes.Count);
    }

    // Threads take numbers from the same row (pid_namespaces(7)); more of them than ever before are new ones.
    private void CountThreads(int threads)
    {
        _numbersSeen += Math.Max(threads - _mostThreads, 0);
        _mostThreads = Math.Max(threads, _mostThreads);
    }
}
