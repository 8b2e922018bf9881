using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Sandbox.Interop;

// A set of logical CPUs as the kernel numbers them, in its two notations: the list format of cpuset(7) that people and
// sysfs write, and the bit mask of sched_setaffinity(2).

/// <summary>An immutable set of CPU numbers, compared by value.</summary>
internal sealed class CpuSet : IEquatable<CpuSet>
{
    /// <summary>CPUs that a set can name: 0 to 4095, half of the largest number a kernel is configured for (CONFIG_NR_CPUS).</summary>
    public const int Capacity = 4096;

    private const int WordBits = 64;

    // Without zero words at the end: equal sets have equal words.
    private readonly ulong[] _words;

    private CpuSet(ReadOnlySpan<ulong> words) => _words = words[..(words.LastIndexOfAnyExcept(0UL) + 1)].ToArray();

    /// <summary>No CPU.</summary>
    public static CpuSet Empty { get; } = new([]);

    /// <summary>Whether there is no CPU in it.</summary>
    public bool IsEmpty => _words.Length == 0;

    /// <summary>How many CPUs are in it.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var word in _words)
            {
                count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

    /// <summary>The numbers of its CPUs, lowest first.</summary>
    public IEnumerable<int> Numbers
    {
        get
        {
            for (var index = 0; index < _words.Length; index++)
            {
                for (var word = _words[index]; word != 0; word &= word - 1)
                {
                    yield return (index * WordBits) + BitOperations.TrailingZeroCount(word);
                }
            }
        }
    }

    /// <summary>The set of these CPUs.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 0 or above 4095.</exception>
    public static CpuSet Of(params ReadOnlySpan<int> numbers)
    {
        Span<ulong> words = stackalloc ulong[Capacity / WordBits];
        foreach (var number in numbers)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number, nameof(numbers));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Capacity, nameof(numbers));
            Add(words, number, number);
        }

        return new CpuSet(words);
    }

    /// <summary>The set of a bit mask, such as sched_getaffinity(2) fills in; bits above 4095 are not looked at.</summary>
    public static CpuSet FromMask(ReadOnlySpan<byte> mask)
    {
        Span<ulong> words = stackalloc ulong[Capacity / WordBits];
        mask[..Math.Min(mask.Length, Capacity / 8)].CopyTo(MemoryMarshal.AsBytes(words));
        return new CpuSet(words);
    }

    /// <summary>Reads the kernel's list format, such as <c>0-3,8</c> (cpuset(7), "List format").</summary>
    /// <param name="text">The list; nothing but numbers, commas and hyphens.</param>
    /// <param name="set">The CPUs; empty if the text is not one.</param>
    /// <param name="problem">What is wrong with it, for the user who wrote it; empty if nothing is.</param>
    public static bool TryParse(string text, out CpuSet set, out string problem)
    {
        Span<ulong> words = stackalloc ulong[Capacity / WordBits];
        set = Empty;
        problem = text.Length == 0 ? "the list names no CPU" : "";
        foreach (var part in text.AsSpan().Split(','))
        {
            if (problem.Length == 0 && CpuRange.TryParse(text.AsSpan(part), out var first, out var last, out problem))
            {
                Add(words, first, last);
            }
        }

        if (problem.Length > 0)
        {
            return false;
        }

        set = new CpuSet(words);
        return true;
    }

    /// <summary>Whether a CPU is in it.</summary>
    public bool Contains(int number) =>
        number >= 0 && number / WordBits < _words.Length && (_words[number / WordBits] >> (number % WordBits) & 1) != 0;

    /// <summary>What both have.</summary>
    public CpuSet Intersect(CpuSet other) => Combine(other, static (mine, theirs) => mine & theirs);

    /// <summary>What the other has not.</summary>
    public CpuSet Except(CpuSet other) => Combine(other, static (mine, theirs) => mine & ~theirs);

    /// <summary>What one of both has.</summary>
    public CpuSet Union(CpuSet other) => Combine(other, static (mine, theirs) => mine | theirs);

    /// <summary>
    /// The mask that sched_setaffinity(2) takes: whole <c>unsigned long</c>s, no more than needed (the kernel takes what is
    /// missing for zero). On the little-endian machines we run on its bytes are in the order of the bits.
    /// </summary>
    public byte[] ToMask() => MemoryMarshal.AsBytes(_words.AsSpan()).ToArray();

    /// <summary>The list format: ascending, neighbours joined; empty for the empty set.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        var first = -1;
        var last = -1;
        foreach (var number in Numbers)
        {
            if (first >= 0 && number > last + 1)
            {
                parts.Add(CpuRange.Text(first, last));
            }

            first = first < 0 || number > last + 1 ? number : first;
            last = number;
        }

        if (first >= 0)
        {
            parts.Add(CpuRange.Text(first, last));
        }

        return string.Join(',', parts);
    }

    /// <inheritdoc/>
    public bool Equals(CpuSet? other) => other is not null && _words.AsSpan().SequenceEqual(other._words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CpuSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var word in _words)
        {
            hash.Add(word);
        }

        return hash.ToHashCode();
    }

    private CpuSet Combine(CpuSet other, Func<ulong, ulong, ulong> combine)
    {
        Span<ulong> words = stackalloc ulong[Math.Max(_words.Length, other._words.Length)];
        for (var index = 0; index < words.Length; index++)
        {
            words[index] = combine(Word(index), other.Word(index));
        }

        return new CpuSet(words);
    }

    private ulong Word(int index) => index < _words.Length ? _words[index] : 0;

    // Word by word: a list is at most as long as a job file, and may name all CPUs again in each of its parts.
    private static void Add(Span<ulong> words, int first, int last)
    {
        for (var index = first / WordBits; index <= last / WordBits; index++)
        {
            var from = Math.Max(first - (index * WordBits), 0);
            var to = Math.Min(last - (index * WordBits), WordBits - 1);
            words[index] |= (ulong.MaxValue << from) & (ulong.MaxValue >> (WordBits - 1 - to));
        }
    }
}

/// <summary>One part of the kernel's list format: <c>8</c> or <c>0-3</c> (cpuset(7), "List format").</summary>
internal static class CpuRange
{
    private const int MaxQuoted = 40;

    /// <summary>Reads one part; <paramref name="problem"/> tells the user what is wrong with it, and is empty if nothing is.</summary>
    public static bool TryParse(ReadOnlySpan<char> part, out int first, out int last, out string problem)
    {
        (first, last, problem) = (0, 0, "");
        // The kernel's own parser also takes "0-10:2/3" (two of every three). Nothing prints that, and a reader of a job
        // would have to work out which CPUs are meant.
        if (part.Contains(':') || part.Contains('/'))
        {
            problem = $"{Quoted(part)}: strides (\":used/group\") are not supported; list the CPUs";
            return false;
        }

        var hyphen = part.IndexOf('-');
        var from = hyphen < 0 ? part : part[..hyphen];
        var to = hyphen < 0 ? part : part[(hyphen + 1)..];
        if (!IsNumber(from) || !IsNumber(to))
        {
            problem = $"{Quoted(part)} is neither a CPU number nor a range such as 0-3";
            return false;
        }

        if (!IsCpu(from, out first) || !IsCpu(to, out last))
        {
            problem = $"{Quoted(part)}: CPU numbers end at {CpuSet.Capacity - 1}";
        }
        else if (first > last)
        {
            problem = $"{Quoted(part)}: the range is reversed; write {last}-{first}";
        }

        return problem.Length == 0;
    }

    /// <summary>Prints one part.</summary>
    public static string Text(int first, int last) => first == last
        ? first.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{first}-{last}");

    private static bool IsNumber(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');

    private static bool IsCpu(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < CpuSet.Capacity;

    private static string Quoted(ReadOnlySpan<char> part) =>
        part.Length > MaxQuoted ? $"\"{part[..MaxQuoted]}…\"" : $"\"{part}\"";
}
