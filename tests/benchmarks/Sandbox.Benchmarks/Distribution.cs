using System.Text.Json;

namespace Sandbox.Benchmarks;

/// <summary>Where values lie: for what is not spread about a middle, such as how late something is.</summary>
internal sealed record Distribution
{
    /// <summary>Upper edges of the histogram's columns; what is beyond the last has one of its own.</summary>
    public static IReadOnlyList<double> Edges { get; } = [0.5, 1, 2, 3, 4, 5, 6, 8, 12, 20];

    public required IReadOnlyList<double> Sorted { get; init; }

    public double Smallest => Sorted[0];

    public double Median => Percentile(50);

    public double Largest => Sorted[^1];

    public static Distribution Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length > 0 ? new Distribution { Sorted = sorted } : throw new ArgumentException("no values", nameof(values));
    }

    /// <summary>The value that this many percent of all do not exceed.</summary>
    public double Percentile(int percent) => Sorted[Math.Max(0, (int)Math.Ceiling(Sorted.Count * percent / 100.0) - 1)];

    /// <summary>How many values are in each column.</summary>
    public IReadOnlyList<int> Histogram()
    {
        var columns = new int[Edges.Count + 1];
        foreach (var value in Sorted)
        {
            columns[Edges.TakeWhile(edge => value >= edge).Count()]++;
        }

        return columns;
    }

    /// <summary>As members of the object being written.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("count", Sorted.Count);
        json.WriteNumber("min", Math.Round(Smallest, 3));
        foreach (var percent in (int[])[10, 50, 90, 99])
        {
            json.WriteNumber($"p{percent}", Math.Round(Percentile(percent), 3));
        }

        json.WriteNumber("max", Math.Round(Largest, 3));
    }
}
