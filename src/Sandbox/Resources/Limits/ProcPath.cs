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
