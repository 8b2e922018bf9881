using System.Diagnostics;
using System.Globalization;

namespace Sandbox.Benchmarks;

/// <summary>A workload without any sandbox, in control groups of its own where there are some.</summary>
internal sealed class BareRun
{
    private BareRun(Figures itself, Figures rusage, Figures? counters) => (Itself, Rusage, Counters) = (itself, rusage, counters);

    /// <summary>What it measured of itself.</summary>
    public Figures Itself { get; }

    /// <summary>What wait4(2) told.</summary>
    public Figures Rusage { get; }

    /// <summary>What the groups counted; null without.</summary>
    public Figures? Counters { get; }

    public static BareRun Run(Bench bench, Workload workload, IReadOnlyList<string> parents)
    {
        var groups = parents.Select(parent => Path.Combine(parent, $"bench.{Environment.ProcessId}")).ToList();
        try
        {
            groups.ForEach(group => Directory.CreateDirectory(group));
            var lines = Lines(bench, [.. groups, "--", bench.Path("account"), .. workload.Bare]);
            return new BareRun(Figures.OfItself(lines[0]), Figures.OfRusage(lines[1]), Count(groups));
        }
        finally
        {
            groups.ForEach(Remove);
        }
    }

    private static Figures? Count(List<string> groups)
    {
        var milliseconds = (First(groups, "cpuacct.usage") / 1e6) ?? (First(groups, "cpu.stat") / 1e3);
        return milliseconds is { } cpu ? new() { CpuMilliseconds = cpu, PeakMebibytes = Peak(groups) } : null;
    }

    private static double? Peak(List<string> groups) =>
        (First(groups, "memory.peak") ?? First(groups, "memory.max_usage_in_bytes")) / (1 << 20);

    // The number is the last word of the first line: "usage_usec 42", or "42".
    private static double? First(List<string> groups, string file)
    {
        var path = groups.Select(group => Path.Combine(group, file)).FirstOrDefault(File.Exists);
        return path is null ? null : double.Parse(File.ReadLines(path).First().Split(' ')[^1], CultureInfo.InvariantCulture);
    }

    private static List<string> Lines(Bench bench, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(bench.Path("rusage"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("cannot start rusage");
        var errors = process.StandardError.ReadToEndAsync();
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0 && lines.Length == 2 ? [.. lines] : throw new InvalidOperationException(errors.Result.Trim());
    }

    // The dead leave a group a moment after their parent has waited for them.
    private static void Remove(string group)
    {
        for (var tries = 0; Directory.Exists(group) && tries < 100; tries++)
        {
            try
            {
                Directory.Delete(group);
            }
            catch (IOException)
            {
                Thread.Sleep(1);
            }
        }
    }
}
