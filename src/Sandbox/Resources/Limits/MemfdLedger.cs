using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// Pages of a memfd are charged to nobody that /proc/PID/statm shows unless they are mapped: 200 MB fit through a
// limit of 64. All memfds of a kernel live on one internal file system, so one statx(2) through the magic link
// tells them from everything else; the link is looked at, never opened.

/// <summary>The memfds that the job's processes hold open, each counted once.</summary>
/// <param name="input">The inode of one that the job was given as its input, which is not its own; null if it has none.</param>
internal sealed class MemfdLedger(ulong? input = null)
{
    private const int MaxDescriptors = 50_000;

    private readonly Dictionary<ulong, (long Bytes, long Until)> _files = [];
    private readonly List<ulong> _closed = [];
    private readonly List<int> _queue = [];
    private readonly DirectoryReader _listing = new(4096);
    private long _round;
    private int _next;
    private bool _isDenied;

    /// <summary>The device number of the kernel's internal shared memory, or null where memfds do not exist.</summary>
    public ulong? Device { get; } = FindDevice();

    /// <summary>Bytes behind all memfds known.</summary>
    public long Bytes { get; private set; }

    /// <summary>There may be others: a process that has memory hides its descriptors.</summary>
    public bool MissesSome { get; private set; }

    /// <summary>No process was seen with any.</summary>
    public bool IsEmpty => _files.Count == 0;

    /// <summary>Bytes of this inode if it is one of them, none if it is the input; else null.</summary>
    public long? BytesOf(ulong inode) => inode == input ? 0 : _files.TryGetValue(inode, out var file) ? file.Bytes : null;

    /// <summary>Looks at every descriptor of every thread once, for a figure that is true now.</summary>
    public void RefreshFully(ProcessTable table, SafeFileHandle procFs)
    {
        if (Device is not { } device || IsEmpty)
        {
            return;
        }

        var (before, budget) = (Bytes, MaxDescriptors);
        _files.Clear();
        StartRound(table);
        foreach (var process in table.Processes.Values)
        {
            process.DescriptorPosition = 0;
            if (!Scan(process, procFs, device, ref budget) || !ScanThreads(process, int.MaxValue, procFs, device, ref budget))
            {
                break;
            }
        }

        _next = _queue.Count;
        Sum();

        // What could not be looked through is not thereby gone.
        if (budget <= 0)
        {
            Bytes = Math.Max(Bytes, before);
        }
    }

    /// <summary>Looks at no more than <paramref name="budget"/> descriptors, going on where the last look stopped.</summary>
    public void Refresh(ProcessTable table, SafeFileHandle procFs, int budget)
    {
        if (Device is not { } device)
        {
            return;
        }

        if (_next == _queue.Count)
        {
            StartRound(table);
        }

        for (; _next < _queue.Count && budget > 0; _next++)
        {
            if (!table.Processes.TryGetValue(_queue[_next], out var process))
            {
                continue;
            }

            if (!Scan(process, procFs, device, ref budget))
            {
                break;
            }

            ScanThreads(process, 1, procFs, device, ref budget);
        }

        if (_next == _queue.Count)
        {
            DropClosed();
        }

        MissesSome = table.Processes.Values.Any(process => process is { HidesDescriptors: true, ResidentPages: > 0 });
        Sum();
    }

    private void Sum()
    {
        Bytes = 0;
        foreach (var (bytes, _) in _files.Values)
        {
            Bytes += bytes;
        }
    }

    private void StartRound(ProcessTable table)
    {
        _queue.Clear();
        foreach (var pid in table.Processes.Keys)
        {
            _queue.Add(pid);
        }

        _next = 0;
        _round++;
    }

    // A file that a whole round did not find is closed everywhere.
    private void DropClosed()
    {
        foreach (var (inode, file) in _files)
        {
            if (file.Until < _round)
            {
                _closed.Add(inode);
            }
        }

        foreach (var inode in _closed)
        {
            _files.Remove(inode);
        }

        _closed.Clear();
    }

    private bool Scan(TrackedProcess process, SafeFileHandle procFs, ulong device, ref int budget)
    {
        budget--;
        if (process.OpenDescriptors(procFs) is not { } directory)
        {
            return true;
        }

        _isDenied = false;
        var isComplete = List(directory, process.DescriptorPosition, device, _round, ref budget);
        process.HidesDescriptors |= _isDenied;
        process.DescriptorPosition = isComplete ? 0 : _listing.Position;
        process.CloseDescriptors(directory);
        return isComplete;
    }

    // A thread can have descriptors of its own (unshare(CLONE_FILES)). Hardly any has, so they take turns, and what
    // is found in one stands until its next turn.
    private bool ScanThreads(TrackedProcess process, int most, SafeFileHandle procFs, ulong device, ref int budget)
    {
        if (process.Stat.Threads <= 1)
        {
            return true;
        }

        var tasks = TaskList.Of(procFs, process.Pid);
        var at = tasks.FindIndex(task => task > process.LastTask);
        for (var done = 0; done < Math.Min(most, tasks.Count) && budget > 0; done++, at++)
        {
            process.LastTask = tasks[at < 0 || at >= tasks.Count ? at = 0 : at];
            budget--;
            if (ProcPath.Open(procFs, process.Pid, process.LastTask, "fd"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var directory) < 0)
            {
                continue;
            }

            using (directory)
            {
                List(directory, 0, device, _round + tasks.Count, ref budget);
            }
        }

        return budget > 0;
    }

    private bool List(SafeFileHandle directory, long position, ulong device, long standsUntil, ref int budget)
    {
        _listing.Attach(directory, position);
        while (_listing.Next(out var name))
        {
            Look(directory, name, device, standsUntil);
            if (--budget <= 0)
            {
                return false;
            }
        }

        return true;
    }

    private void Look(SafeFileHandle directory, ReadOnlySpan<byte> name, ulong device, long standsUntil)
    {
        Span<byte> path = stackalloc byte[16];
        if (name.Length >= path.Length || name[0] == (byte)'.')
        {
            return;
        }

        name.CopyTo(path);
        path[name.Length] = 0;
        var error = Libc.StatusAt(directory, path, out var status);
        _isDenied |= error is -Errno.EACCES or -Errno.EPERM;
        if (error == 0 && status.Device == device && status.Inode != input)
        {
            _files[status.Inode] = (status.AllocatedBytes, Math.Max(standsUntil, _files.GetValueOrDefault(status.Inode).Until));
        }
    }

    private static ulong? FindDevice()
    {
        if (Libc.CreateMemoryFile("sandbox\0"u8, out var file) < 0)
        {
            return null;
        }

        using (file)
        {
            return Libc.Status(file, out var status) == 0 ? status.Device : null;
        }
    }
}
