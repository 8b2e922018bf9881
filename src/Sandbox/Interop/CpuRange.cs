using System.Globalization;

namespace Sandbox.Interop;

/// <summary>One part of the kernel's list format: <c>8</c> or <c>0-3</c> (cpuset(7), "List format").</summary>
internal static class CpuRange
{
    private const int MostQuoted = 40;

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
            problem = $"{Quoted(part)}: CPU numbers end at {CpuSet.Capacity - 1}";
        else if (first > last)
            problem = $"{Quoted(part)}: the range is reversed; write {last}-{first}";
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
        part.Length > MostQuoted ? $"\"{part[..MostQuoted]}…\"" : $"\"{part}\"";
}
