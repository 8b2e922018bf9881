using System.Globalization;

namespace Sandbox.Benchmarks;

/// <summary>CPU time and memory of this process and its living children, from proc(5).</summary>
internal static class ProcessTimes
{
    // sysconf(_SC_CLK_TCK) is 100 on every architecture we run on.
    private const double TicksPerSecond = 100;

    /// <summary>With what the children have reaped: a launcher lives as long as its runner, its jobs do not.</summary>
    public static TimeSpan OfThisAndChildren()
    {
        var own = File.ReadAllText("/proc/self/stat");
        return Cpu(own, withReaped: false) + Children().Aggregate(TimeSpan.Zero, (sum, stat) => sum + Cpu(stat, withReaped: true));
    }

    /// <summary>The largest of the children: this process is the benchmark, not the sandbox.</summary>
    public static double PeakKibibytesOfChildren() =>
        Children().Select(stat => Peak(stat[..stat.IndexOf(' ', StringComparison.Ordinal)])).DefaultIfEmpty().Max();

    private static IEnumerable<string> Children()
    {
        var self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(Path.GetFileName(directory)[0]) || TryRead($"{directory}/stat") is not { } stat)
            {
                continue;
            }

            if (Fields(stat)[1] == self)
            {
                yield return stat;
            }
        }
    }

    /// <summary>From the state on; the name before it may contain anything.</summary>
    private static string[] Fields(string stat) => stat[(stat.LastIndexOf(')') + 2)..].Split(' ');

    private static TimeSpan Cpu(string stat, bool withReaped)
    {
        var ticks = Fields(stat).Skip(11).Take(withReaped ? 4 : 2).Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    private static double Peak(string pid)
    {
        var line = TryRead($"/proc/{pid}/status")?.Split('\n').FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
