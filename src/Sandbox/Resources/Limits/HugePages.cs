using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// A page fault brings one page, unless the kernel backs shared memory by huge ones (shmem_enabled, transhuge.rst), or a range is collapsed into
// one (MADV_COLLAPSE, Linux 6.1), holes included. Whole huge pages are counted, for all of the host; the sizes in between (Linux 6.11) are not.

/// <summary>How much memory a number of page faults can have brought.</summary>
internal sealed class HugePages
{
    private static readonly Lazy<bool> s_hasOtherSizes = new(HasOtherSizes);
    private static readonly long s_size = (long)Environment.SystemPageSize * (Environment.SystemPageSize / 8);

    private readonly byte[] _buffer = new byte[16384];
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
            return null;

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
            return text.IndexOf("\npgfault "u8) < 0 || text.IndexOf("\nthp_"u8) >= 0 ? null : 0;

        var rest = text[(at + name.Length)..];
        return AsciiNumbers.TakeNumber(ref rest, out var count) ? count : null;
    }

    // A folder for each size; the file with the size of whole huge pages says "inherit" or what it says elsewhere.
    private static bool HasOtherSizes()
    {
        try
        {
            var whole = $"hugepages-{s_size >> 10}kB";
            return Directory.Exists("/sys/kernel/mm/transparent_hugepage")
                && Directory.EnumerateDirectories("/sys/kernel/mm/transparent_hugepage", "hugepages-*")
                    .Where(folder => Path.GetFileName(folder) != whole)
                    .Select(folder => Path.Combine(folder, "shmem_enabled"))
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
