namespace Sandbox.Resources.Limits;

// Counters of the kernel that cost a microsecond to read say how many anonymous pages a process maps, but not with whom it
// shares them since fork(2). Two things are certain all the same: no process maps a page twice, so what one alone maps is there;
// and a page that comes to a process after it was first seen is a fresh one, which only its later children get, and those are
// seen with it. So growth may be added up over processes; sizes may not.

/// <summary>Anonymous memory that a job has for certain, by counters alone: a lower bound that no job can make slow to read.</summary>
internal sealed class MemoryFloor
{
    // A counter may lag by what each processor has not handed in: percpu_counter's batch is 32, or twice the number of
    // processors (lib/percpu_counter.c; /proc/PID/statm adds it all up only since Linux 6.16).
    private readonly long _lag;

    // Not where a page may come to several processes at once: read back from swap, or merged by ksmd.
    private readonly bool _addsGrowth;

    private readonly Dictionary<int, (long Start, long Least, long Look)> _seen = [];
    private readonly List<int> _gone = [];
    private long _look;

    /// <summary>For a host with so many processors, on which single processes' growth may be added up or not.</summary>
    public MemoryFloor(int processors, bool addsGrowth) =>
        (_lag, _addsGrowth) = ((long)Math.Max(32, 2 * processors) * processors, addsGrowth);

    /// <summary>For this host.</summary>
    public MemoryFloor()
        : this(HostProcessors.Online, addsGrowth: !HostSwap.IsOn && !HostMerging.IsOn)
    {
    }

    /// <summary>Pages, by the counters.</summary>
    public long Pages { get; private set; }

    /// <summary>How many of them the counters may be wrong by.</summary>
    public long Lag => _lag;

    /// <summary>Takes what a look has read.</summary>
    public void Add(Dictionary<int, TrackedProcess> processes)
    {
        _look++;
        long largest = 0, growth = 0;
        foreach (var process in processes.Values)
        {
            var pages = Anonymous(process);
            largest = Math.Max(largest, pages);
            var least = Least(process, pages);
            if (_addsGrowth && pages - least > _lag && !MayBorrow(process, processes))
            {
                growth += pages - least - _lag;
            }
        }

        Forget(processes.Count);
        Pages = Math.Max(largest, growth);
    }

    // Of the pages that were there when it had fewest, at most as many can still be; all others have come since.
    private long Least(TrackedProcess process, long pages)
    {
        var start = process.Stat.StartTime;
        var least = _seen.TryGetValue(process.Pid, out var before) && before.Start == start ? Math.Min(before.Least, pages) : pages;
        _seen[process.Pid] = (start, least, _look);
        return least;
    }

    // Between vfork(2) and execve(2) child and parent have one memory, which would grow twice. They are about as large then;
    // where they are for another reason, too little is added up.
    private static bool MayBorrow(TrackedProcess process, Dictionary<int, TrackedProcess> processes)
    {
        const long doubt = 1024;
        return process.Stat.HasNotExecuted && processes.TryGetValue(process.Stat.Parent, out var parent) && Math.Abs(Anonymous(parent) - Anonymous(process)) <= doubt;
    }

    private void Forget(int living)
    {
        if (_seen.Count == living)
        {
            return;
        }

        foreach (var (pid, seen) in _seen)
        {
            if (seen.Look != _look)
            {
                _gone.Add(pid);
            }
        }

        foreach (var pid in _gone)
        {
            _seen.Remove(pid);
        }

        _gone.Clear();
    }

    private static long Anonymous(TrackedProcess process) => process.ResidentPages - process.SharedPages;
}
