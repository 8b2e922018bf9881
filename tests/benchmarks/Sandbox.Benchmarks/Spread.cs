namespace Sandbox.Benchmarks;

/// <summary>The middle of some values and how far they lie from it; both are indifferent to a few wild ones.</summary>
internal sealed record Spread
{
    public required int Count { get; init; }

    public required double Median { get; init; }

    /// <summary>Median absolute deviation.</summary>
    public required double Mad { get; init; }

    public required double Percentile95 { get; init; }

    public required double Largest { get; init; }

    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0)
        {
            throw new ArgumentException("no values", nameof(values));
        }

        var median = Middle(sorted);
        return new Spread
        {
            Count = sorted.Length,
            Median = median,
            Mad = Middle([.. sorted.Select(value => Math.Abs(value - median)).Order()]),
            Percentile95 = sorted[(int)Math.Min(sorted.Length - 1, Math.Ceiling(sorted.Length * 0.95))],
            Largest = sorted[^1],
        };
    }

    private static double Middle(double[] sorted) =>
        sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
}
