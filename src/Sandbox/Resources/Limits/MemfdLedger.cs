using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// Pages of a memfd are charged to nobody that /proc/PID/statm shows unless they are mapped: 200 MB fit through a
// limit of 64. All memfds of a kernel live on one internal file system, so one statx(2) through the magic link
// tells them from everything else; the link is looked at, never opened.

/// <summary>The memfds that the job's processes hold open, each counted once.</summary>
internal sealed class MemfdLedger
{
    private readonly Dictionary<ulong, (long Bytes, long Round)> _files = [];
    private readonly List<ulong> _closed = [];
    private readonly List<int> _queue = [];
    private readonly DirectoryReader _listing = new(4096);
    private long _round;
    private int _next;

    /// <summary>The device number of the kernel's internal shared memory, or null where memfds do not exist.</summary>
    public ulong? Device { get; } = FindDevice();

    /// <summary>Bytes behind all memfds known.</summary>
    public long Bytes { get; private set; }

    /// <summary>No process was seen with any.</summary>
    public bool IsEmpty => _files.Count == 0;

    /// <summary>Whether this inode is one of them.</summary>
    public bool Contains(ulong inode) => _files.ContainsKey(inode);

    /// <summary>Looks at no more than <paramref name="budget"/> descriptors, going on where the last look stopped.</summary>
    public void Refresh(ProcessTable table, SafeFileHandle procFs, int budget)
    {
        if (Device is not { } device)
            return;

        if (_next == _queue.Count)
            StartRound(table);

        for (; _next < _queue.Count && budget > 0; _next++)
        {
            if (table.Processes.TryGetValue(_queue[_next], out var process) && !Scan(process, procFs, device, ref budget))
                break;
        }

        if (_next == _queue.Count)
            DropClosed();

        Bytes = 0;
        foreach (var (bytes, _) in _files.Values)
            Bytes += bytes;
    }

    private void StartRound(ProcessTable table)
    {
        _queue.Clear();
        foreach (var pid in table.Processes.Keys)
            _queue.Add(pid);

        _next = 0;
        _round++;
    }

    // A file that a whole round did not find is closed everywhere.
    private void DropClosed()
    {
        foreach (var (inode, file) in _files)
        {
            if (file.Round < _round)
                _closed.Add(inode);
        }

        foreach (var inode in _closed)
            _files.Remove(inode);

        _closed.Clear();
    }

    private bool Scan(TrackedProcess process, SafeFileHandle procFs, ulong device, ref int budget)
    {
        budget--;
        if (process.OpenDescriptors(procFs) is not { } folder)
            return true;

        var isComplete = List(process, folder, device, ref budget);
        process.CloseDescriptors(folder);
        return isComplete;
    }

    private bool List(TrackedProcess process, SafeFileHandle folder, ulong device, ref int budget)
    {
        _listing.Attach(folder, process.DescriptorPosition);
        process.DescriptorPosition = 0;
        while (_listing.Next(out var name))
        {
            Look(folder, name, device);
            if (--budget > 0)
                continue;

            process.DescriptorPosition = _listing.Position;
            return false;
        }

        return true;
    }

    private void Look(SafeFileHandle folder, ReadOnlySpan<byte> name, ulong device)
    {
        Span<byte> path = stackalloc byte[16];
        if (name.Length >= path.Length || name[0] == (byte)'.')
            return;

        name.CopyTo(path);
        path[name.Length] = 0;
        if (Libc.StatusAt(folder, path, out var status) == 0 && status.Device == device)
            _files[status.Inode] = (status.AllocatedBytes, _round);
    }

    private static ulong? FindDevice()
    {
        if (Libc.CreateMemoryFile("sandbox\0"u8, out var file) < 0)
            return null;

        using (file)
            return Libc.Status(file, out var status) == 0 ? status.Device : null;
    }
}
