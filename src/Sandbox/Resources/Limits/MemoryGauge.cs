using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// Three steps, each dearer and sharper than the one before, and taken only if the one before leaves the question
// open: resident pages plus storage (an upper bound for a microsecond or two per process), proportional shares
// (smaps_rollup: walks page tables), and the shares of single mappings (smaps).

/// <summary>Measures the memory of a whole job: anonymous memory, swap, and shared memory whether or not it is mapped.</summary>
internal sealed class MemoryGauge : IDisposable
{
    private const int DescriptorsPerLook = 1024;

    // Past this much of one process's smaps the rest is taken at its worst.
    private const int SmapsBytesPerProcess = 4 << 20;

    // Resident file pages and shared mappings look alike in the cheap figures. For a true peak the sharp ones are
    // taken whenever the bound has grown by a quarter and this much: some twenty times in a job's life.
    private const long GrowthSeen = 4 << 20;

    // Swapped pages are in no resident count; looking for them at every tick would cost too much.
    private const int LooksPerSwapLook = 8;

    // Descriptors are most of the cost of a look. A job without any memfd so far is asked less often: what it
    // can put into one in this time is little against any limit.
    private static readonly TimeSpan s_memfdLook = TimeSpan.FromMilliseconds(30);

    private readonly TreeHandles _handles;
    private readonly ProcessTable _table;
    private readonly MemfdLedger _memfds = new();
    private readonly SocketBuffers _sockets;
    private readonly byte[] _buffer = new byte[16384];
    private readonly bool _hostSwaps;
    private int _looks;
    private long _sharpenAbove;
    private long _beyondStorage;
    private TimeSpan _lastMemfdLook = -s_memfdLook;

    /// <summary>Makes a gauge for one job.</summary>
    public MemoryGauge(TreeHandles handles, ProcessTable table, bool hostSwaps)
    {
        _handles = handles;
        _table = table;
        _hostSwaps = hostSwaps;
        _sockets = new SocketBuffers(handles);
    }

    /// <summary>Bytes of the last measurement.</summary>
    public long Bytes { get; private set; }

    /// <summary>What waits in sockets is part of it.</summary>
    public bool SeesSockets => _sockets.IsAvailable;

    /// <summary>Measures as sharply as it takes to say whether the job is above <paramref name="limit"/>.</summary>
    public void Measure(TimeSpan now, long limit)
    {
        var storage = Storage(now);
        _sockets.Refresh(now);
        var anonymous = ((_table.ResidentPages - _table.SharedPages) * Environment.SystemPageSize) + _sockets.Bytes;
        var upper = (_table.ResidentPages * Environment.SystemPageSize) + _sockets.Bytes + storage;
        var looksForSwap = _hostSwaps && _looks++ % LooksPerSwapLook == 0;
        var isRoutine = upper <= limit && !looksForSwap && upper <= _sharpenAbove;
        Bytes = isRoutine ? anonymous + storage + _beyondStorage : Sharpen(limit, storage);
        if (!isRoutine)
            _sharpenAbove = upper + (upper / 4) + GrowthSeen;
    }

    /// <summary>Measures once more, descriptors included, after an excess: what moved during a look may have been counted twice.</summary>
    public void Confirm(TimeSpan now, long limit)
    {
        _memfds.RefreshFully(_table, _handles.ProcFs);
        _lastMemfdLook = now;
        _sockets.RefreshFully(now);
        Measure(now, limit);
    }

    /// <summary>Measures what is left when no process is.</summary>
    public void MeasureRest() => Bytes = FileBytes();

    public void Dispose() => _sockets.Dispose();

    private long FileBytes()
    {
        long bytes = 0;
        foreach (var folder in _handles.Tmpfs)
        {
            if (Libc.FileSystem(folder, out var usage) < 0)
                continue;

            bytes += usage.UsedBytes;
        }

        return bytes;
    }

    private long Storage(TimeSpan now)
    {
        var bytes = FileBytes();
        if (_handles.SysvShm is { } segments)
            bytes += SysvSegments.Bytes(segments, _buffer);

        LookForMemfds(now);
        return bytes + _memfds.Bytes;
    }

    private void LookForMemfds(TimeSpan now)
    {
        if (now == _lastMemfdLook || (_memfds.IsEmpty && now - _lastMemfdLook < s_memfdLook))
            return;

        _memfds.Refresh(_table, _handles.ProcFs, DescriptorsPerLook);
        _lastMemfdLook = now;
    }

    private long Sharpen(long limit, long storage)
    {
        long anonymous = _sockets.Bytes, mapped = 0;
        foreach (var process in _table.Processes.Values)
        {
            if (process.BorrowsMemory)
                continue;

            var share = Share(process);
            anonymous += share.Anonymous + share.Swap;
            mapped += share.Shmem;
        }

        // Mapped shared memory is part of the storage, or none of it: the truth lies between.
        _beyondStorage = Math.Max(mapped - storage, 0);
        var lower = anonymous + storage + _beyondStorage;
        var upper = anonymous + storage + mapped;
        return lower > limit || upper <= limit ? lower : anonymous + storage + Uncounted(mapped);
    }

    // Where the kernel refuses the shares (a program that its user may not read), the resident count stands.
    private SmapsRollup Share(TrackedProcess process)
    {
        if (process.Open(_handles.ProcFs, "smaps_rollup"u8, OpenFlags.ReadOnly, out var file) == 0)
        {
            using (file)
            {
                var count = Libc.ReadAt(file, _buffer, 0);
                if (count > 0 && SmapsRollup.TryParse(_buffer.AsSpan(0, count), out var share))
                    return share;
            }
        }

        return new() { Anonymous = (process.ResidentPages - process.SharedPages) * Environment.SystemPageSize, Shmem = 0, Swap = 0 };
    }

    private long Uncounted(long worst)
    {
        if (_memfds.Device is not { } device)
            return 0;

        var mappings = new SharedMappings(device, _memfds.Contains);
        foreach (var process in _table.Processes.Values)
        {
            if (process is { SharedPages: > 0, BorrowsMemory: false }
                && process.Open(_handles.ProcFs, "smaps"u8, OpenFlags.ReadOnly, out var file) == 0)
            {
                using (file)
                {
                    if (!ReadLines(file, mappings))
                        return worst;
                }
            }
        }

        return mappings.Bytes;
    }

    private bool ReadLines(SafeFileHandle file, SharedMappings mappings)
    {
        int total = 0, kept = 0;
        while (Libc.Read(file, _buffer.AsSpan(kept)) is var count && count > 0)
        {
            total += count;
            if (total > SmapsBytesPerProcess)
                return false;

            ReadOnlySpan<byte> text = _buffer.AsSpan(0, kept + count);
            while (text.IndexOf((byte)'\n') is var end && end >= 0)
            {
                mappings.AddLine(text[..end]);
                text = text[(end + 1)..];
            }

            // Only a path of line ends, each escaped to four bytes, could make a line longer than the buffer;
            // it is dropped, and with it nothing that counts: shared memory without a file has no such name.
            kept = text.Length < _buffer.Length ? text.Length : 0;
            text[..kept].CopyTo(_buffer);
        }

        return true;
    }
}
