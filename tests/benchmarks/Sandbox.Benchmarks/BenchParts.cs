namespace Sandbox.Benchmarks;

/// <summary>The parts of the benchmark by name.</summary>
internal static class BenchParts
{
    public const string Contenders = "contenders";
    public const string Overshoot = "overshoot";
    public const string Accuracy = "accuracy";
    public const string Staleness = "staleness";
    public const string Files = "files";
    public const string Pipes = "pipes";
    public const string Networks = "networks";
    public const string Server = "server";
    public const string Fronts = "fronts";
    public const string Endurance = "endurance";

    public static IReadOnlyList<string> All { get; } = [Contenders, Overshoot, Accuracy, Staleness, Files, Pipes, Networks, Server, Fronts, Endurance];
}
