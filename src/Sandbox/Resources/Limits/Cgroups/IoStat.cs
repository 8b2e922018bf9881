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
            ReadBytes = Values(text, "rbytes=").Sum(),
            WrittenBytes = Values(text, "wbytes=").Sum(),
            Reads = Values(text, "rios=").Sum(),
            Writes = Values(text, "wios=").Sum(),
        };
    }

    /// <summary>The numbers of a key, one for each device that has one; <c>io.max</c> is written alike.</summary>
    public static IEnumerable<long> Values(string text, string key)
    {
        foreach (var word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith(key, StringComparison.Ordinal) && long.TryParse(word.AsSpan(key.Length), CultureInfo.InvariantCulture, out var value))
                yield return value;
        }
    }
}
