namespace Sandbox.Host;

/// <summary>One probe's place in the ladder.</summary>
internal sealed record RungNeed
{
    /// <summary>What is tried.</summary>
    public required HostProbe Probe { get; init; }

    /// <summary>Its name for users.</summary>
    public required string Name { get; init; }

    /// <summary>The probe that must work before this one can; null if it stands on the ground.</summary>
    public HostProbe? Needs { get; init; }

    /// <summary>First kernel that has it; null if older than any supported.</summary>
    public Version? Since { get; init; }

    /// <summary>What is lost without it; empty if no job starts without it.</summary>
    public string Loses { get; init; } = "";

    /// <summary>No job starts without it.</summary>
    public bool Required => Loses.Length == 0;
}
