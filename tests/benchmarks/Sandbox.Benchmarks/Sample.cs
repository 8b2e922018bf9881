namespace Sandbox.Benchmarks;

/// <summary>One run of one contender.</summary>
internal sealed record Sample
{
    public required double WallMicroseconds { get; init; }

    /// <summary>User and system time of everything the run started.</summary>
    public required double CpuMicroseconds { get; init; }

    /// <summary>Largest resident set of a single process.</summary>
    public required double PeakKibibytes { get; init; }
}
