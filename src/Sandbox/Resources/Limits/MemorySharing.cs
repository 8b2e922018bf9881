using Microsoft.Win32.SafeHandles;

namespace Sandbox.Resources.Limits;

// vfork(2), posix_spawn(3) and clone(2) with CLONE_VM make processes with one memory; /proc shows it in full for each of them. States
// and sizes do not tell one memory from two of the same size, and a job chooses both. So the kernel is asked about the memory itself.

/// <summary>Finds the processes of a job that have one memory, so that it counts once.</summary>
internal sealed class MemorySharing
{
    // Pages that a process may have touched between the reading of one and the other.
    private const int PagesOfDoubt = 64;

    // What a look spends on it at most, however many processes the job makes: who was not compared counts by itself.
    private const int MaxComparisons = 2048;

    private readonly IMemoryComparison? _comparison;
    private readonly SafeFileHandle _procFs;
    private readonly Dictionary<int, TrackedProcess> _processes;
    private readonly byte[] _buffer = new byte[256];
    private int _comparisons;
    private bool _comparesAll;

    /// <summary>Chooses the first of the ways that this host allows.</summary>
    /// <param name="procFs">The job's procfs.</param>
    /// <param name="init">The number of the job's pid 1 as we see it; 0 if that is not known.</param>
    /// <param name="processes">The job's processes by their own numbers; stays the caller's.</param>
    public MemorySharing(SafeFileHandle procFs, int init, Dictionary<int, TrackedProcess> processes)
    {
        (_procFs, _processes) = (procFs, processes);
        _comparison = KcmpComparison.TryMake(init, processes) ?? (IMemoryComparison?)FilterComparison.TryMake(procFs);
        Means = _comparison?.Means ?? SharingMeans.None;
    }

    /// <summary>How it will be found out on this host, as far as can be said before a job.</summary>
    public static SharingMeans Expected() => KcmpComparison.IsAllowed ? SharingMeans.Kcmp
        : FilterComparison.IsThere ? SharingMeans.CoredumpFilter : SharingMeans.None;

    /// <summary>How it is found out.</summary>
    public SharingMeans Means { get; }

    /// <summary>Looks at the processes that can have changed since the last look.</summary>
    /// <param name="look">The look that has just read them.</param>
    /// <param name="comparesAll">Also with those whose figures differ: dear, and exact.</param>
    public void Refresh(long look, bool comparesAll)
    {
        (_comparesAll, _comparisons) = (comparesAll, 0);
        _comparison?.Begin();
        foreach (var process in _processes.Values)
        {
            if (!process.Stat.HasNotExecuted || process.ResidentPages == 0)
            {
                process.SharesWith = null;
            }
            else if (process.SharesWith is not { } other || other.LastSeen != look || other.SharesWith is not null || !IsOne(process, other))
            {
                process.SharesWith = process.IsKnownAlone && !comparesAll ? null : Find(process, look);
            }
        }
    }

    // Mostly it is the parent. With CLONE_PARENT, or once that has ended, it may be any other.
    private TrackedProcess? Find(TrackedProcess process, long look)
    {
        process.SharesWith = null;
        if (_processes.TryGetValue(process.Stat.Parent, out var parent) && IsOne(process, parent))
        {
            return Payer(process, parent, look);
        }

        foreach (var other in _processes.Values)
        {
            if (other != process && other != parent && (_comparesAll || IsLike(process, other)) && IsOne(process, other)
                && Payer(process, other, look) is { } payer)
            {
                return payer;
            }
        }

        // It may have had another's memory when that was read, and its own by the time it was asked about.
        process.ReadMemoryAgain(_procFs, _buffer);
        process.IsKnownAlone = _comparisons < MaxComparisons;
        return null;
    }

    // Nobody pays for who pays for it, or nobody would pay.
    private static TrackedProcess? Payer(TrackedProcess process, TrackedProcess other, long look)
    {
        while (other.SharesWith is { } next && next.LastSeen == look)
        {
            other = next;
        }

        return other == process ? null : other;
    }

    private static bool IsLike(TrackedProcess one, TrackedProcess other) =>
        Math.Abs(one.ResidentPages - other.ResidentPages) <= PagesOfDoubt && Math.Abs(one.SharedPages - other.SharedPages) <= PagesOfDoubt;

    private bool IsOne(TrackedProcess one, TrackedProcess other) =>
        _comparison is not null && other.ResidentPages > 0 && _comparisons++ < MaxComparisons && _comparison.IsOne(one, other);
}
