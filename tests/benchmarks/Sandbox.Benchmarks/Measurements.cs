namespace Sandbox.Benchmarks;

/// <summary>Everything one run of the benchmark found out.</summary>
internal sealed record Measurements
{
    public required IReadOnlyList<Contender> Contenders { get; init; }

    /// <summary>Phases of warm jobs by name, in order, microseconds.</summary>
    public required IReadOnlyList<(string Name, Spread Microseconds)> Phases { get; init; }

    /// <summary>Jobs per second by submitters: ours and the floor's.</summary>
    public required IReadOnlyList<(int Submitters, double Warm, double Floor)> Throughput { get; init; }

    /// <summary>Milliseconds past the limit, by limit.</summary>
    public required IReadOnlyList<(string Limit, Spread Milliseconds)> Overshoot { get; init; }

    /// <summary>What could not be measured, and why.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}
