namespace Sandbox.Benchmarks;

/// <summary>Everything one run of the benchmark found out.</summary>
internal sealed record Measurements
{
    /// <summary>The comparison with other tools.</summary>
    public required Contest Contest { get; init; }

    /// <summary>Milliseconds past the limit.</summary>
    public required IReadOnlyList<OvershootSeries> Overshoot { get; init; }

    /// <summary>What is told of known workloads.</summary>
    public required IReadOnlyList<Comparison> Accuracy { get; init; }

    /// <summary>Lines of staleness.c.</summary>
    public required IReadOnlyList<(string Mechanism, string Line)> Staleness { get; init; }

    /// <summary>What files and images cost.</summary>
    public required IReadOnlyList<Contender> Files { get; init; }

    /// <summary>What a question and its answer take between processes.</summary>
    public required IReadOnlyList<PipesContest> Pipes { get; init; }

    /// <summary>What networks cost and carry; null if that was not measured.</summary>
    public required NetworksContest? Networks { get; init; }

    /// <summary>Jobs through the job host, against others.</summary>
    public required IReadOnlyList<LoadResult> Loads { get; init; }

    /// <summary>What the APIs of other judges add.</summary>
    public required IReadOnlyList<FrontsContest> Fronts { get; init; }

    /// <summary>The phases of warm no-ops, by name, in order, microseconds.</summary>
    public required IReadOnlyList<(string Name, Spread Microseconds)> WarmPhases { get; init; }

    /// <summary>Many jobs of one runner.</summary>
    public required IReadOnlyList<EnduranceStage> Endurance { get; init; }

    /// <summary>What could not be measured, and why.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}
