using System.Globalization;
using Sandbox.Interop;

namespace Sandbox.Resources.Cores;

/// <summary>Time that a hypervisor gave to others while a CPU of this machine had work (proc_stat(5), the column "steal").</summary>
internal static class StealTime
{
    private const int StealColumn = 8; // after "cpuN", counted from 1

    // USER_HZ: 100 on x86_64 and aarch64 whatever CONFIG_HZ is, as user space was promised (asm-generic/param.h).
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);

    /// <summary>The sum for these CPUs since the machine started; null if one of them is not in the text.</summary>
    /// <remarks>Zero on real hardware, and on a hypervisor that does not tell its guests.</remarks>
    public static TimeSpan? Of(string procStat, CpuSet cpus)
    {
        var ticks = 0L;
        var seen = 0;
        foreach (var line in procStat.AsSpan().EnumerateLines())
        {
            if (!TryParse(line, out var number, out var stolen) || !cpus.Contains(number))
                continue;
            ticks += stolen;
            seen++;
        }

        return seen == 0 || seen != cpus.Count ? null : s_tick * ticks;
    }

    private static bool TryParse(ReadOnlySpan<char> line, out int number, out long stolen)
    {
        (number, stolen) = (0, 0);
        if (!line.StartsWith("cpu", StringComparison.Ordinal))
            return false;

        var column = 0;
        foreach (var word in line["cpu".Length..].Split(' '))
        {
            var text = line["cpu".Length..][word];
            // The first line, of all CPUs together, has no number.
            if (column == 0 && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
                return false;
            if (column++ == StealColumn)
                return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out stolen);
        }

        return false;
    }
}
