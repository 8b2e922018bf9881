namespace Sandbox.Benchmarks;

/// <summary>How late jobs of one kind were stopped.</summary>
internal sealed record OvershootSeries
{
    /// <summary>The name of the <see cref="Benchmarks.Mechanism"/>.</summary>
    public required string Mechanism { get; init; }

    /// <summary>The limit, by its JSON name.</summary>
    public required string Limit { get; init; }

    /// <summary>What the job did until then.</summary>
    public required string Workload { get; init; }

    public required Distribution Milliseconds { get; init; }
}
