namespace Sandbox;

/// <summary>Sandboxes that a runner's launchers have prepared for jobs to come, each for one.</summary>
public sealed record PreparedSandboxes
{
    /// <summary>How many wait.</summary>
    public required int Count { get; init; }

    /// <summary>
    /// What they have in memory together, in bytes: of pages that several processes share, each its part (Pss, proc(5), <c>smaps_rollup</c>). What the kernel
    /// keeps for their namespaces and mounts is not in it.
    /// </summary>
    public required long Bytes { get; init; }
}
