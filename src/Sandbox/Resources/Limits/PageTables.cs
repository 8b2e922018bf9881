using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// A job needs no memory of its own to make page tables large: 8 bytes for every page of one small file, as often as it maps it.
// They are memory, which a control group counts as well; and what they hold is what a walk through them takes, ours and that
// of the kernel when the process ends.

/// <summary>How large the page tables of processes are.</summary>
internal static class PageTables
{
    private const int BytesPerEntry = 8;

    // What a smaller process can have of them is not worth twenty microseconds: a quarter of a MiB.
    private const int LeastPages = 32 << 10;

    /// <summary>Bytes in the tables of one process, by a counter (VmPTE, proc_pid_status(5)); 0 for a small one, or where it is not shown.</summary>
    public static long Of(TrackedProcess process, SafeFileHandle procFs, Span<byte> buffer)
    {
        if (process.VirtualPages < LeastPages || process.Open(procFs, "status"u8, OpenFlags.ReadOnly, out var file) < 0)
            return 0;

        using (file)
            return Find(buffer[..Math.Max(Libc.ReadAt(file, buffer, 0), 0)]);
    }

    /// <summary>Reads the file's text.</summary>
    public static long Find(ReadOnlySpan<byte> status)
    {
        var name = "\nVmPTE:"u8;
        var at = status.IndexOf(name);
        status = at < 0 ? [] : status[(at + name.Length)..];
        return AsciiNumbers.TakeNumber(ref status, out var kibibytes) ? kibibytes * 1024 : 0;
    }

    /// <summary>They may be walked, which one read(2) does that nothing can cut short.</summary>
    /// <remarks>At 60 ns for an entry, 32 MiB take a quarter of a second; they map 16 GiB in pages of 4 KiB.</remarks>
    public static bool AreWalkable(long bytes) => bytes / BytesPerEntry <= 4 << 20;
}
