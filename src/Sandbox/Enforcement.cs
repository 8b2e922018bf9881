namespace Sandbox;

/// <summary>What was asked for and what really holds it. Times in seconds, sizes in bytes, null for lifted or not asked for.</summary>
public sealed record Enforcement
{
    /// <summary>The value asked for.</summary>
    public required double? Requested { get; init; }

    /// <summary>The value in force.</summary>
    public required double? Effective { get; init; }

    /// <summary><c>cgroup2 cgroup1 rlimit tmpfs timer perf watchdog pipe affinity none</c>.</summary>
    public required string By { get; init; }

    /// <summary>What the mechanism cannot see, or null.</summary>
    public string? Note { get; init; }
}
