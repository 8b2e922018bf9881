namespace Sandbox.Benchmarks;

/// <summary>What the comparison with other tools found out.</summary>
internal sealed record Contest
{
    public IReadOnlyList<Contender> Contenders { get; init; } = [];

    /// <summary>Phases of warm jobs by name, in order, microseconds.</summary>
    public IReadOnlyList<(string Name, Spread Microseconds)> Phases { get; init; } = [];

    /// <summary>Jobs per second by submitters: ours and the floor's.</summary>
    public IReadOnlyList<(int Submitters, double Warm, double Floor)> Throughput { get; init; } = [];
}
