namespace Sandbox.Benchmarks;

/// <summary>What one source said of one workload, run by run, beside what the workload measured of itself in the same run.</summary>
internal sealed record Comparison
{
    public required string Workload { get; init; }

    public required string Source { get; init; }

    public List<(Figures Truth, Figures Told)> Runs { get; } = [];

    /// <summary>The truth and the error by run, of those runs where both are known.</summary>
    public IReadOnlyList<(double Truth, double Error)> Errors(Func<Figures, double?> figure) =>
        [.. Runs.Where(run => figure(run.Truth) is not null && figure(run.Told) is not null)
            .Select(run => (figure(run.Truth)!.Value, figure(run.Told)!.Value - figure(run.Truth)!.Value))];
}
