using System.Globalization;

namespace Sandbox.Benchmarks;

/// <summary>What one source says of one run.</summary>
internal sealed record Figures
{
    public required double CpuMilliseconds { get; init; }

    /// <summary>Null where the source does not tell.</summary>
    public double? WallMilliseconds { get; init; }

    /// <summary>Null where the source does not tell.</summary>
    public double? PeakMebibytes { get; init; }

    /// <summary>What account.c prints first: nanoseconds of CPU and wall time, bytes.</summary>
    public static Figures OfItself(string line)
    {
        var words = Numbers(line);
        return new() { CpuMilliseconds = words[0] / 1e6, WallMilliseconds = words[1] / 1e6, PeakMebibytes = words[2] / (1 << 20) };
    }

    /// <summary>What rusage.c prints: nanoseconds of wall time, microseconds of CPU time, KiB.</summary>
    public static Figures OfRusage(string line)
    {
        var words = Numbers(line);
        return new() { CpuMilliseconds = words[1] / 1e3, WallMilliseconds = words[0] / 1e6, PeakMebibytes = words[2] / 1024 };
    }

    public static Figures OfResult(JobResult result) => new()
    {
        CpuMilliseconds = result.Time.Cpu.TotalMilliseconds,
        WallMilliseconds = result.Time.Wall.TotalMilliseconds,
        PeakMebibytes = result.Memory.PeakBytes / (double)(1 << 20),
    };

    private static double[] Numbers(string line) => [.. line.Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
}
