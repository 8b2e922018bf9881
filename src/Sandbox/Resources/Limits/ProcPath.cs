using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>Opens files of one process in a procfs without allocating their paths.</summary>
internal static class ProcPath
{
    // A look is one thread's from its beginning to its end.
    [ThreadStatic]
    private static bool t_isStarved;

    /// <summary>Whether, since this was last asked, a file could not be opened for want of descriptors or memory of our own.</summary>
    public static bool TakeStarvation()
    {
        var starved = t_isStarved;
        t_isStarved = false;
        return starved;
    }

    /// <summary>statx(2) through the link of a mapping, <c>PID/map_files/RANGE</c>, which only the host's root may follow (proc_pid_map_files(5)); 0 or the negated errno.</summary>
    public static int MappingStatus(SafeFileHandle procFs, int pid, ReadOnlySpan<byte> range, out FileStatus status)
    {
        Span<byte> path = stackalloc byte[80];
        Utf8Formatter.TryFormat(pid, path, out var length);
        "/map_files/"u8.CopyTo(path[length..]);
        length += "/map_files/"u8.Length;
        range.CopyTo(path[length..]);
        path[length + range.Length] = 0;
        return Libc.StatusAt(procFs, path, out status);
    }

    /// <summary>Opens <c>PID/name</c>, or <c>PID/task/TASK/name</c> if a task is given; 0 or the negated errno.</summary>
    public static int Open(SafeFileHandle procFs, int pid, int? task, ReadOnlySpan<byte> name, int flags, out SafeFileHandle file)
    {
        Span<byte> path = stackalloc byte[64];
        Utf8Formatter.TryFormat(pid, path, out var length);
        if (task is { } number)
        {
            "/task/"u8.CopyTo(path[length..]);
            length += "/task/"u8.Length;
            Utf8Formatter.TryFormat(number, path[length..], out var digits);
            length += digits;
        }

        path[length++] = (byte)'/';
        name.CopyTo(path[length..]);
        path[length + name.Length] = 0;
        var error = Libc.OpenAt(procFs, path, flags, out file);
        t_isStarved |= error is -Errno.EMFILE or -Errno.ENFILE or -Errno.ENOMEM;
        return error;
    }
}

/// <summary>Reads the decimal columns of procfs files without allocating.</summary>
internal static class AsciiNumbers
{
    /// <summary>Takes the next run of digits off the front; a minus sign makes it count as zero. False if none is left on this line.</summary>
    public static bool TakeNumber(ref ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        var at = 0;
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        var isNegative = at < text.Length && text[at] == (byte)'-';
        if (isNegative)
        {
            at++;
        }

        var start = at;
        for (; at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9'; at++)
        {
            number = unchecked((number * 10) + (text[at] - '0'));
        }

        if (isNegative || number < 0)
        {
            number = 0;
        }

        if (at == start)
        {
            return false;
        }

        text = text[at..];
        return true;
    }

    /// <summary>Skips columns that are not needed, whatever they hold. False if the line has fewer.</summary>
    public static bool SkipColumns(ref ReadOnlySpan<byte> text, int count)
    {
        for (; count > 0; count--)
        {
            text = text.TrimStart((byte)' ');
            var end = text.IndexOf((byte)' ');
            if (end <= 0)
            {
                return false;
            }

            text = text[end..];
        }

        return true;
    }

    /// <summary>A whole name that is a process id.</summary>
    public static bool IsPid(ReadOnlySpan<byte> name, out int pid)
    {
        var isNumber = TakeNumber(ref name, out var number) && name.IsEmpty && number is > 0 and <= int.MaxValue;
        pid = isNumber ? (int)number : 0;
        return isNumber;
    }
}

/// <summary>The threads of one process.</summary>
internal static class TaskList
{
    // A process with more threads than this is listed in part; its limit is usually far below.
    private const int Most = 4096;

    /// <summary>Their numbers, lowest first; empty if the process is gone.</summary>
    public static List<int> Of(SafeFileHandle procFs, int pid)
    {
        var tasks = new List<int>();
        if (ProcPath.Open(procFs, pid, null, "task"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var directory) < 0)
        {
            return tasks;
        }

        using (directory)
        {
            var listing = new DirectoryReader(4096);
            listing.Attach(directory);
            while (tasks.Count < Most && listing.Next(out var name))
            {
                if (AsciiNumbers.IsPid(name, out var task))
                {
                    tasks.Add(task);
                }
            }
        }

        tasks.Sort();
        return tasks;
    }
}

/// <summary>The descriptors through which a job's tree is watched; they stay the caller's.</summary>
internal sealed record TreeHandles
{
    /// <summary>The root of the job's own procfs: pids as the job sees them, 1 is the sandbox's init.</summary>
    public required SafeFileHandle ProcFs { get; init; }

    /// <summary>Task clock inherited by the whole tree (perf_event_open(2)); null where it is not allowed.</summary>
    public SafeFileHandle? Perf { get; init; }

    /// <summary><c>/proc/sysvipc/shm</c> opened inside the job's ipc namespace: it shows the opener's namespace to any reader; null if not there.</summary>
    public SafeFileHandle? SysvShm { get; init; }

    /// <summary>A NETLINK_SOCK_DIAG socket made inside the job's network namespace, for which it answers (sock_diag(7)); null if there is none.</summary>
    public SafeFileHandle? Sockets { get; init; }

    /// <summary>A directory of each writable tmpfs of the job.</summary>
    public IReadOnlyList<SafeFileHandle> Tmpfs { get; init; } = [];

    /// <summary>The one of <see cref="Tmpfs"/> that is held to <c>limits.disk</c>; null if it is not known.</summary>
    public SafeFileHandle? Scratch { get; init; }

    /// <summary>What overlays keep on a disk; null if that is in <see cref="Scratch"/>.</summary>
    public UpperDisk? Uppers { get; init; }

    /// <summary>The number of the job's pid 1 as the host sees it; 0 if that is not known.</summary>
    public int Init { get; init; }

    /// <summary>Bytes that the sandbox itself has put into <see cref="Tmpfs"/>.</summary>
    public long PlacedBytes { get; init; }

    /// <summary>The inode of the sealed memfd that is the job's input; null if that is none.</summary>
    public ulong? Input { get; init; }

    /// <summary>How many bytes it has written to its streams so far; null if nobody counts.</summary>
    public Func<long>? Written { get; init; }

    /// <summary>Shared memory of the host before the job began; null if it was not read.</summary>
    public long? SharedMemoryBefore { get; init; }
}
