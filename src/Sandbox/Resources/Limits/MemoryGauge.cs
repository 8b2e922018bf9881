using System.Diagnostics;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// Anonymous memory comes in two steps, the second dearer and sharper than the first and taken only if the first leaves a question open: anonymous
// pages of each memory (an upper bound for a microsecond or two per process, pages shared since fork(2) counted for each), and proportional
// shares (smaps_rollup: walks page tables). Everything else is counted where it is kept, whoever maps it: tmpfs, memfds, segments,
// sockets, page tables.

/// <summary>Measures the memory of a whole job: anonymous memory, swap, and shared memory whether or not it is mapped.</summary>
internal sealed class MemoryGauge : IDisposable
{
    private const int DescriptorsPerLook = 1024;

    // For a true peak the sharp figures are taken whenever the bound has grown by a quarter and this much: some twenty times in a job's life.
    private const long GrowthSeen = 4 << 20;

    // Page tables that are walked for no more than a true peak: a quarter of a second, at 60 ns for 8 bytes.
    private const long TablesForPeak = 32 << 20;

    // Swapped pages are in no resident count; looking for them at every tick would cost too much.
    private const int LooksPerSwapLook = 8;

    private const int RestPerWork = 10;

    // Descriptors are most of the cost of a look. A job without any memfd so far is asked less often: what it
    // can put into one in this time is little against any limit.
    private static readonly TimeSpan s_memfdLook = TimeSpan.FromMilliseconds(30);

    private readonly TreeHandles _handles;
    private readonly ProcessTable _table;
    private readonly MemfdLedger _memfds;
    private readonly MappingScan _mappings;
    private readonly SocketBuffers _sockets;
    private readonly List<TrackedProcess> _bySize = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(16384);
    private readonly bool _hostSwaps;
    private int _looks;
    private long _sharpenAbove;
    private long _sharedSinceFork;
    private long _faultsAtSharpening;
    private TimeSpan _lastSharpening;
    private TimeSpan _rest;
    private TimeSpan _lastMemfdLook = -s_memfdLook;

    /// <summary>Makes a gauge for one job.</summary>
    public MemoryGauge(TreeHandles handles, ProcessTable table, bool hostSwaps)
    {
        _handles = handles;
        _table = table;
        _hostSwaps = hostSwaps;
        _memfds = new MemfdLedger(handles.Input);
        _mappings = new MappingScan(handles, table, _memfds);
        _sockets = new SocketBuffers(handles, SocketQuery.All);
    }

    /// <summary>Bytes of the last measurement.</summary>
    public long Bytes { get; private set; }

    /// <summary>What waits in sockets is part of it.</summary>
    public bool SeesSockets => _sockets.IsAvailable;

    /// <summary>Measures as sharply as it takes to say whether the job is above <paramref name="limit"/>.</summary>
    public void Measure(TimeSpan now, long limit)
    {
        var (files, others) = (FileBytes(_handles), OtherStorage(now));
        _sockets.Refresh(now);
        var kept = OwnFiles(_handles, files) + others + _sockets.Bytes + Tables();
        var shown = (_table.ResidentPages - _table.SharedPages) * Environment.SystemPageSize;
        _mappings.Refresh(now, files + others, limit - kept - Anonymous(shown));
        kept += _mappings.Bytes;

        var upper = shown + kept;
        var looksForSwap = _hostSwaps && _looks++ % LooksPerSwapLook == 0;
        if (upper > limit || looksForSwap || upper > _sharpenAbove || MayHaveCopied(now))
        {
            Sharpen(now, shown, limit - kept);
            _sharpenAbove = upper + (upper / 4) + GrowthSeen;
        }

        Bytes = Anonymous(shown) + kept;
    }

    /// <summary>Measures once more, descriptors included, after an excess: what moved during a look may have been counted twice.</summary>
    public void Confirm(TimeSpan now, long limit)
    {
        _table.CompareAll();
        _memfds.RefreshFully(_table, _handles.ProcFs);
        _lastMemfdLook = now;
        _sockets.RefreshFully(now);
        _mappings.Scan(now);
        Measure(now, limit);
    }

    /// <summary>What is left when no process is.</summary>
    public static long Rest(TreeHandles handles) => OwnFiles(handles, FileBytes(handles));

    public void Dispose() => _sockets.Dispose();

    private static long FileBytes(TreeHandles handles)
    {
        long bytes = 0;
        foreach (var directory in handles.Tmpfs)
        {
            if (Libc.FileSystem(directory, out var usage) < 0)
            {
                continue;
            }

            bytes += usage.UsedBytes;
        }

        return bytes;
    }

    // What the sandbox put there is not the job's. A job that removes it is given as much room: never more than was put.
    private static long OwnFiles(TreeHandles handles, long files) => Math.Max(files - handles.PlacedBytes, 0);

    private long OtherStorage(TimeSpan now)
    {
        var bytes = _handles.SysvShm is { } segments ? SysvSegments.Bytes(segments, _buffer) : 0;
        LookForMemfds(now);
        return bytes + _memfds.Bytes;
    }

    private void LookForMemfds(TimeSpan now)
    {
        if (now == _lastMemfdLook || (_memfds.IsEmpty && now - _lastMemfdLook < s_memfdLook))
        {
            return;
        }

        _memfds.Refresh(_table, _handles.ProcFs, DescriptorsPerLook);
        _lastMemfdLook = now;
    }

    private long Tables()
    {
        long bytes = 0;
        foreach (var process in _table.Processes.Values)
        {
            bytes += process.SharesWith is null ? PageTables.Of(process, _handles.ProcFs, _buffer) : 0;
        }

        return bytes;
    }

    // Pages that were shared when that was last looked at are still taken to be; what one process has is real in any case.
    private long Anonymous(long shown) =>
        Math.Max(shown - _sharedSinceFork, Math.Min(shown, _table.LargestAnonymousPages * Environment.SystemPageSize));

    // A page that is shared since fork(2) becomes two by a page fault, and no count of pages shows it.
    private bool MayHaveCopied(TimeSpan now) => _sharedSinceFork > 0 && now - _lastSharpening >= _rest
        && (_table.Faults - _faultsAtSharpening) * Environment.SystemPageSize > (_sharedSinceFork / 8) + (GrowthSeen / 8);

    // Largest first, until what is left cannot change much or decide anything: small processes can be as slow to read as large ones.
    private void Sharpen(TimeSpan now, long shown, long room)
    {
        var start = Stopwatch.GetTimestamp();
        _bySize.Clear();
        foreach (var process in _table.Processes.Values)
        {
            if (process.SharesWith is null)
            {
                _bySize.Add(process);
            }
        }

        _bySize.Sort(static (one, other) => AnonymousPages(other).CompareTo(AnonymousPages(one)));
        long anonymous = 0, left = shown, walkable = shown <= room ? TablesForPeak : long.MaxValue;
        foreach (var process in _bySize)
        {
            var tables = PageTables.Of(process, _handles.ProcFs, _buffer);
            walkable -= tables;
            if (anonymous > room || walkable < 0 || (anonymous + left <= room && left <= Math.Max(shown / 16, GrowthSeen)))
            {
                break;
            }

            left -= AnonymousPages(process) * Environment.SystemPageSize;
            anonymous += Share(process, tables);
        }

        // Where it is above the limit already, what was not walked is not held against it.
        _sharedSinceFork = Math.Max(shown - anonymous - (anonymous > room ? 0 : left), 0);
        (_faultsAtSharpening, _lastSharpening) = (_table.Faults, now);
        _rest = Stopwatch.GetElapsedTime(start) * RestPerWork;
    }

    // Where the kernel refuses the shares (a program that its user may not read), the resident count stands.
    private long Share(TrackedProcess process, long tables)
    {
        if (PageTables.AreWalkable(tables) && process.Open(_handles.ProcFs, "smaps_rollup"u8, OpenFlags.ReadOnly, out var file) == 0)
        {
            using (file)
            {
                var count = Libc.ReadAt(file, _buffer, 0);
                if (count > 0 && SmapsRollup.TryParse(_buffer.AsSpan(0, count), out var share))
                {
                    return share.Anonymous + share.Swap;
                }
            }
        }

        // It may also have ended meanwhile, and what it shared with others is theirs now.
        process.ReadMemoryAgain(_handles.ProcFs, _buffer);
        return AnonymousPages(process) * Environment.SystemPageSize;
    }

    private static long AnonymousPages(TrackedProcess process) => process.ResidentPages - process.SharedPages;
}

/// <summary>What one whole look at a job's memory found.</summary>
internal readonly record struct MemoryReading
{
    /// <summary>Bytes; above the limit only if a second measurement agreed.</summary>
    public required long Bytes { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Work { get; init; }

    /// <summary>A file could not be opened for want of descriptors or memory of our own.</summary>
    public required bool IsStarved { get; init; }
}

// A tree that stood still at the last look may be growing as fast as the machine allows by now, so what it did before says
// nothing: only what is left of the limit counts. Far from the limit that means few looks, and near it a thousand a second.

/// <summary>How soon memory has to be looked at again: before the limit could be reached.</summary>
internal sealed class MemoryPace(long limit, int processors)
{
    // Touching fresh memory, measured: 2.7 GiB/s for each processor in pages of 4 KiB, 14 in pages of 2 MiB (madvise(2),
    // MADV_HUGEPAGE). What all processors of a machine together can zero is bounded by its memory.
    private const double FastestPerProcessor = 14.0 * (1L << 30);
    private const double FastestInAll = 64.0 * (1L << 30);

    private readonly double _fastest = Math.Min(FastestPerProcessor * processors, FastestInAll);

    /// <summary>Shortest and longest time between two looks.</summary>
    public static TimeSpan ShortestNap { get; } = TimeSpan.FromMilliseconds(1);

    /// <inheritdoc cref="ShortestNap"/>
    public static TimeSpan MaxNap { get; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Time until the next look, if <paramref name="bytes"/> are in use now.</summary>
    public TimeSpan NextLook(long bytes)
    {
        var seconds = Math.Max(limit - bytes, 0) / _fastest;
        return TimeSpan.FromSeconds(Math.Clamp(seconds, ShortestNap.TotalSeconds, MaxNap.TotalSeconds));
    }
}
