using System.Globalization;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>The sums of an <c>io.stat</c>: a line for each block device, <c>8:0 rbytes=… wbytes=… rios=… wios=…</c> (cgroup-v2.rst, "IO").</summary>
internal static class IoStat
{
    /// <summary>Over all devices; null where there is no such file.</summary>
    public static IoUsage? Sum(string? text)
    {
        if (text is null)
            return null;

        return new()
        {
            ReadBytes = Sum(text, "rbytes="),
            WrittenBytes = Sum(text, "wbytes="),
            Reads = Sum(text, "rios="),
            Writes = Sum(text, "wios="),
        };
    }

    private static long Sum(string text, string key)
    {
        long sum = 0;
        foreach (var word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith(key, StringComparison.Ordinal)
                && long.TryParse(word.AsSpan(key.Length), CultureInfo.InvariantCulture, out var value))
                sum += value;
        }

        return sum;
    }
}
