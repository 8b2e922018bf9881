using System.Globalization;

namespace Sandbox.Benchmarks;

/// <summary>CPU time and memory of this process and its living children, from proc(5).</summary>
internal static class ProcessTimes
{
    // sysconf(_SC_CLK_TCK) is 100 on every architecture we run on.
    private const double TicksPerSecond = 100;

    /// <summary>With what the children have reaped: a launcher lives as long as its runner, its jobs do not.</summary>
    public static TimeSpan OfThisAndChildren() => OfProcessAndChildren(Environment.ProcessId);

    /// <summary>The same of another process.</summary>
    public static TimeSpan OfProcessAndChildren(int process)
    {
        var own = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
        return Cpu(own, withReaped: false) + Children(process).Aggregate(TimeSpan.Zero, (sum, stat) => sum + Cpu(stat, withReaped: true));
    }

    /// <summary>What all processors have done since they were started, and what the hypervisor and interrupts took, but not idleness and waiting: the clean-up of namespaces is nobody's own.</summary>
    public static TimeSpan OfMachine()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        return TimeSpan.FromSeconds((fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / TicksPerSecond);
    }

    /// <summary>The largest of the children: this process is the benchmark, not the sandbox.</summary>
    public static double PeakKibibytesOfChildren() =>
        Children(Environment.ProcessId).Select(stat => Peak(stat[..stat.IndexOf(' ', StringComparison.Ordinal)])).DefaultIfEmpty().Max();

    private static IEnumerable<string> Children(int parent)
    {
        var self = parent.ToString(CultureInfo.InvariantCulture);
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

    /// <summary>The children that live, by number.</summary>
    public static IReadOnlyList<int> ChildrenOf(int parent) =>
        [.. Children(parent).Select(static stat => int.Parse(stat[..stat.IndexOf(' ', StringComparison.Ordinal)], CultureInfo.InvariantCulture))];

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
