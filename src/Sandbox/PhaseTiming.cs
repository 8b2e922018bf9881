namespace Sandbox;

/// <summary>One phase of a job's life.</summary>
public sealed record PhaseTiming
{
    /// <summary>Name, such as <c>clone</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Start since the beginning of the run, in microseconds.</summary>
    public required long StartMicroseconds { get; init; }

    /// <summary>Duration in microseconds.</summary>
    public required long Microseconds { get; init; }
}
