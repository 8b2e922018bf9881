using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// A tmpfs is held by the kernel, and is full or not. What overlays keep on a disk is counted, and there may be more of it than has a name: a
// file that was removed while it is open. So where the file system has filled by more than the job may have, whoever filled it, the job's
// descriptors are looked through.

/// <summary>Notices that a writable tmpfs of the job was full when somebody looked, and holds what it has on a disk to the same limit.</summary>
internal sealed class DiskWatch(TreeHandles handles)
{
    private readonly UnlinkedFiles _unlinked = new(handles);
    private int _looks;
    private long _unlinkedBytes;

    /// <summary>One was, in bytes or inodes.</summary>
    public bool WasFull { get; private set; }

    /// <summary>The most that the writable tmpfs and the upper sides on a disk have held together, of what was seen; 0 without the latter.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>The most files that were seen on the disk.</summary>
    public long PeakInodes { get; private set; }

    /// <summary>Looks; the limit, if it is exceeded.</summary>
    public LimitReached? Look()
    {
        foreach (var directory in handles.Tmpfs)
        {
            WasFull |= Libc.FileSystem(directory, out var usage) == 0 && usage.IsFull;
        }

        return handles.Uppers is { MaxBytes: > 0 } uppers ? Look(uppers) : null;
    }

    private LimitReached? Look(UpperDisk uppers)
    {
        uppers.Look();
        if (uppers.IsLost)
        {
            return new() { Cause = StopCause.HostLost };
        }

        var named = uppers.Bytes + ScratchBytes();
        if (_looks != uppers.Looks)
        {
            _looks = uppers.Looks;
            _unlinkedBytes = uppers.Grown > uppers.MaxBytes && named <= uppers.MaxBytes ? _unlinked.Count() : 0;
        }

        PeakBytes = Math.Max(PeakBytes, named + _unlinkedBytes);
        PeakInodes = Math.Max(PeakInodes, uppers.Inodes);
        if (PeakBytes > uppers.MaxBytes || PeakInodes > uppers.MaxInodes)
        {
            WasFull = true;
            return new() { Cause = StopCause.Disk, Bytes = PeakBytes };
        }

        // Mappings and descriptors in flight hold removed files as well. Before the disk is full for everybody else the job ends.
        return uppers.Grown > uppers.MaxBytes && uppers.Available < uppers.MaxBytes ? new() { Cause = StopCause.HostDisk } : null;
    }

    private long ScratchBytes() => handles.Scratch is { } scratch && Libc.FileSystem(scratch, out var usage) == 0 ? usage.UsedBytes : 0;
}

/// <summary>Memory in System V segments of the job, attached or not (<c>/proc/sysvipc/shm</c>, proc(5)).</summary>
internal static class SysvSegments
{
    // Columns: key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap.
    private const int ColumnsBeforeResident = 14;

    /// <summary>Bytes in memory and in swap of all segments; <paramref name="buffer"/> bounds how many are read (shmmni: 4096).</summary>
    public static long Bytes(SafeFileHandle list, Span<byte> buffer)
    {
        long total = 0, offset = 0;
        while (Libc.ReadAt(list, buffer, offset) is var count && count > 0)
        {
            ReadOnlySpan<byte> text = buffer[..count];
            var lastLine = text.LastIndexOf((byte)'\n') + 1;
            if (lastLine == 0)
            {
                break;
            }

            total += Sum(text[..lastLine]);
            offset += lastLine;
        }

        return total;
    }

    /// <summary>Sums the lines of the file; the heading counts nothing.</summary>
    public static long Sum(ReadOnlySpan<byte> text)
    {
        long total = 0;
        while (text.IndexOf((byte)'\n') is var end && end >= 0)
        {
            var line = text[..end];
            text = text[(end + 1)..];
            if (AsciiNumbers.SkipColumns(ref line, ColumnsBeforeResident)
                && AsciiNumbers.TakeNumber(ref line, out var resident)
                && AsciiNumbers.TakeNumber(ref line, out var swapped))
            {
                total += resident + swapped;
            }
        }

        return total;
    }
}
