using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// Reading every mapping of every process costs more than all the rest of a look. It is done when the host's shared memory has grown for no reason
// that is known, or when what may have come since would be above the limit. In between the last list stands, and its bounds move.

/// <summary>Charges a job for shared memory that nothing but its mappings tells of: at most what it can be.</summary>
internal sealed class MappingScan
{
    private const int MaxBytes = 4 << 20;
    private const long GrowthSeen = 1 << 20;
    private const int RestPerWork = 10;

    // A CPU keeps this many pages of a change to itself (mm/vmstat.c, calculate_normal_threshold).
    private const int PagesPerProcessor = 125;

    // The last of what came is seen by then, if there is anything.
    private static readonly TimeSpan s_settled = TimeSpan.FromMilliseconds(100);

    // Without any growth of the host's: others may have given back what the job has taken.
    private static readonly TimeSpan s_maxRest = TimeSpan.FromSeconds(1);

    private readonly TreeHandles _handles;
    private readonly ProcessTable _table;
    private readonly MemfdLedger _memfds;
    private readonly SharedMappings? _mappings;
    private readonly long _doubt = (long)PagesPerProcessor * Environment.SystemPageSize * HostProcessors.Online;
    private readonly long _hostBefore;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(16384);
    private HugePages? _huge;
    private long _host;
    private long _hostAtScan;
    private long _sharedAtScan;
    private long _faultsBefore;
    private TimeSpan _lastScan;
    private TimeSpan _rest;
    private bool _isRefused;

    /// <summary>Makes one for a job.</summary>
    public MappingScan(TreeHandles handles, ProcessTable table, MemfdLedger memfds)
    {
        (_handles, _table, _memfds) = (handles, table, memfds);
        _mappings = memfds.Device is { } device ? new(device, memfds.BytesOf) : null;
        _hostBefore = handles.SharedMemoryBefore ?? Libc.HostSharedMemory();
        _hostAtScan = _host = _hostBefore;
    }

    /// <summary>The charge as of the last refresh.</summary>
    public long Bytes { get; private set; }

    /// <summary>Looks if it is time to.</summary>
    /// <param name="now">Time since execve.</param>
    /// <param name="storage">Shared memory of the job that is counted elsewhere.</param>
    /// <param name="room">What the charge may be before the job is above its limit.</param>
    public void Refresh(TimeSpan now, long storage, long room)
    {
        // Not for the look at the end alone: the file is slow to read.
        _huge ??= new();
        _host = Math.Max(Libc.HostSharedMemory() - storage, 0);
        var grown = Math.Max(_host - _hostAtScan, 0);
        var shared = Math.Max(_table.SharedPages - _sharedAtScan, 0) * Environment.SystemPageSize;
        Bytes = Charge();
        var isNeeded = now != _lastScan && Bytes + Math.Min(Math.Max(grown, shared), _host + _doubt) > room;
        var since = now - _lastScan;
        var isDue = since >= _rest && (grown >= GrowthSeen
            || (grown > 0 && since >= s_settled && _mappings is { IsEmpty: false })
            || (since >= s_maxRest && _host + _doubt > room));
        if (isNeeded || isDue)
        {
            Scan(now);
        }
    }

    /// <summary>Reads all mappings.</summary>
    public void Scan(TimeSpan now)
    {
        if (_mappings is null)
        {
            return;
        }

        var start = Stopwatch.GetTimestamp();
        _mappings.Begin();
        var left = MaxBytes;
        bool isComplete = true, wasRefused = false;
        foreach (var process in _table.Processes.Values)
        {
            if (process is not { ResidentPages: > 0, SharesWith: null })
            {
                continue;
            }

            // One that has ended may have handed its memory on to a child that is not in the table yet.
            var error = Read(process, ref left);
            isComplete &= error == 0;
            wasRefused |= error != 0 && -error is not (Errno.ENOENT or Errno.ESRCH);
        }

        _mappings.End(isComplete, wasRefused);
        if (_mappings.IsEmpty && isComplete)
        {
            _faultsBefore = _table.Faults;
        }

        (_hostAtScan, _sharedAtScan, _lastScan) = (_host, _table.SharedPages, now);
        _rest = Stopwatch.GetElapsedTime(start) * RestPerWork;
        Bytes = Charge();
    }

    private long Charge()
    {
        if (_mappings is not { } mappings)
        {
            return 0;
        }

        var misses = mappings.MissesSome || _memfds.MissesSome;
        var most = Faulted(mappings.AnonymousBytes) + mappings.FileBytes;
        if (misses || mappings.MissesSizes)
        {
            // The rest of the host is taken to be as it was.
            var grown = Math.Max(_host + _doubt - _hostBefore, 0);
            most = Math.Max(most, misses || mappings.FileBytes > 0 ? grown : Faulted(grown));
        }

        return Math.Min(most, _host + _doubt);
    }

    // Of so many bytes, what page faults can have brought since there was no such mapping.
    private long Faulted(long bytes)
    {
        var faults = _table.Faults - _faultsBefore;
        return bytes <= faults * Environment.SystemPageSize || !_table.HasAllFaults ? bytes : Math.Min(bytes, _huge?.Most(faults) ?? long.MaxValue);
    }

    // 0 or a negated errno; EFBIG if a look cannot take that long.
    private int Read(TrackedProcess process, ref int left)
    {
        var error = process.Open(_handles.ProcFs, "maps"u8, OpenFlags.ReadOnly, out var file);
        if (error < 0)
        {
            return error;
        }

        using (file)
        {
            return ReadLines(file, process.Speaker ?? process.Pid, ref left);
        }
    }

    private int ReadLines(SafeFileHandle file, int pid, ref int left)
    {
        long? Exact(ReadOnlySpan<byte> range, ulong inode) => Held(pid, range, inode);
        int kept = 0, total = 0, count;
        while ((count = Libc.Read(file, _buffer.AsSpan(kept))) > 0)
        {
            total += count;
            left -= count;
            if (left < 0)
            {
                return -Errno.EFBIG;
            }

            ReadOnlySpan<byte> text = _buffer.AsSpan(0, kept + count);
            while (text.IndexOf((byte)'\n') is var end && end >= 0)
            {
                _mappings!.AddLine(text[..end], Exact);
                text = text[(end + 1)..];
            }

            // Only a path of line ends, each escaped to four bytes, could make a line longer than the buffer;
            // it is dropped, and with it nothing that counts: shared memory without a file has no such name.
            kept = text.Length < _buffer.Length ? text.Length : 0;
            text[..kept].CopyTo(_buffer);
        }

        // Who has no memory any more has no mappings.
        return count < 0 ? count : total == 0 ? -Errno.ESRCH : 0;
    }

    private long? Held(int pid, ReadOnlySpan<byte> range, ulong inode)
    {
        if (_isRefused)
        {
            return null;
        }

        var error = ProcPath.MappingStatus(_handles.ProcFs, pid, range, out var status);
        _isRefused = -error is Errno.EPERM or Errno.EACCES;
        return error == 0 && status.Inode == inode ? status.AllocatedBytes : null;
    }
}
