namespace Sandbox;

/// <summary>How long at least one task of the job waited for a resource (pressure stall information, accounting/psi.rst).</summary>
public sealed record PressureUsage
{
    /// <summary>Time waited for a CPU, a bandwidth limit included.</summary>
    public required TimeSpan Cpu { get; init; }

    /// <summary>Time waited for memory to be reclaimed or read back.</summary>
    public required TimeSpan Memory { get; init; }

    /// <summary>Time waited for block devices.</summary>
    public required TimeSpan Io { get; init; }
}
