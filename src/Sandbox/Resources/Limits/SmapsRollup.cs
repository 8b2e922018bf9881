using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>Proportional shares of one process in bytes (<c>/proc/PID/smaps_rollup</c>, proc_pid_smaps(5)).</summary>
internal readonly record struct SmapsRollup
{
    /// <summary>Anonymous memory in RAM, pages shared since fork(2) divided among their users.</summary>
    public required long Anonymous { get; init; }

    /// <summary>Memory in swap.</summary>
    public required long Swap { get; init; }

    /// <summary>Reads the file's text; false if the figure is missing (Pss_Anon: Linux 5.4).</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out SmapsRollup rollup)
    {
        rollup = default;
        if (!Find(text, "\nPss_Anon:"u8, out var anonymous))
        {
            return false;
        }

        Find(text, "\nSwapPss:"u8, out var swap);
        rollup = new() { Anonymous = anonymous, Swap = swap };
        return true;
    }

    private static bool Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out long bytes)
    {
        bytes = 0;
        var at = text.IndexOf(name);
        if (at < 0)
        {
            return false;
        }

        var rest = text[(at + name.Length)..];
        var isNumber = AsciiNumbers.TakeNumber(ref rest, out var kibibytes);
        bytes = kibibytes * 1024;
        return isNumber;
    }
}

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
        {
            return 0;
        }

        using (file)
        {
            return Find(buffer[..Math.Max(Libc.ReadAt(file, buffer, 0), 0)]);
        }
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

// A page fault brings one page, unless the kernel backs shared memory by huge ones (shmem_enabled, transhuge.rst), or a range is collapsed into
// one (MADV_COLLAPSE, Linux 6.1), holes included. Whole huge pages are counted, for all of the host; the sizes in between (Linux 6.11) are not.

/// <summary>How much memory a number of page faults can have brought.</summary>
internal sealed class HugePages
{
    private static readonly Lazy<bool> s_hasOtherSizes = new(HasOtherSizes);
    private static readonly long s_size = (long)Environment.SystemPageSize * (Environment.SystemPageSize / 8);

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(16384);
    private readonly long? _before;

    /// <summary>Counts from now on.</summary>
    public HugePages() => _before = Count();

    /// <summary>The most bytes; <see cref="long.MaxValue"/> where that cannot be said.</summary>
    public long Most(long faults) => !s_hasOtherSizes.Value && _before is { } before && Count() is { } now
        ? (faults * Environment.SystemPageSize) + ((now - before) * s_size)
        : long.MaxValue;

    private long? Count()
    {
        if (Libc.OpenForReading("/proc/vmstat\0"u8, out var file) < 0)
        {
            return null;
        }

        using (file)
        {
            ReadOnlySpan<byte> text = _buffer.AsSpan(0, Math.Max(Libc.ReadAt(file, _buffer, 0), 0));
            return Value(text, "\nthp_file_alloc "u8) + Value(text, "\nthp_collapse_alloc "u8);
        }
    }

    private static long? Value(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        // A kernel without huge pages does not count them.
        var at = text.IndexOf(name);
        if (at < 0)
        {
            return text.IndexOf("\npgfault "u8) < 0 || text.IndexOf("\nthp_"u8) >= 0 ? null : 0;
        }

        var rest = text[(at + name.Length)..];
        return AsciiNumbers.TakeNumber(ref rest, out var count) ? count : null;
    }

    // A directory for each size; the file with the size of whole huge pages says "inherit" or what it says elsewhere.
    private static bool HasOtherSizes()
    {
        try
        {
            var whole = $"hugepages-{s_size >> 10}kB";
            return Directory.Exists("/sys/kernel/mm/transparent_hugepage")
                && Directory.EnumerateDirectories("/sys/kernel/mm/transparent_hugepage", "hugepages-*")
                    .Where(directory => Path.GetFileName(directory) != whole)
                    .Select(directory => Path.Combine(directory, "shmem_enabled"))
                    .Any(file => File.Exists(file) && !File.ReadAllText(file).Contains("[never]", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }
}
