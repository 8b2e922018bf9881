using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

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
                break;

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
                total += resident + swapped;
        }

        return total;
    }
}
