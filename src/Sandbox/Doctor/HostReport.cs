using Sandbox.Host;

namespace Sandbox.Doctor;

/// <summary>Everything <c>sandbox doctor</c> found.</summary>
internal sealed record HostReport
{
    /// <summary>What was read about the host.</summary>
    public required HostFacts Facts { get; init; }

    /// <summary>The ladder, in the order a job climbs it.</summary>
    public required IReadOnlyList<HostRung> Rungs { get; init; }

    /// <summary>Every required rung works: jobs can run.</summary>
    public bool Ready => Rungs.All(rung => rung.State != RungState.Missing);

    /// <summary>Exit status of the command: 0 when <see cref="Ready"/>, else 3 as for a set-up error.</summary>
    public int ExitStatus => Ready ? 0 : 3;
}

/// <summary>One thing a job needs from the host, and what stands in its way.</summary>
internal sealed record HostRung
{
    /// <summary>What it is, in the user's words.</summary>
    public required string Name { get; init; }

    /// <summary>How it stands.</summary>
    public required RungState State { get; init; }

    /// <summary>Without it no job starts.</summary>
    public required bool Required { get; init; }

    /// <summary>The kernel's answer or the value found; empty if there is nothing to add.</summary>
    public string Detail { get; init; } = "";

    /// <summary>The failed rung that it stands on, and that has the cause; null if there is none.</summary>
    public string? Needs { get; init; }

    /// <summary>What is lost where this is not <see cref="RungState.Ok"/>; empty for a required rung.</summary>
    public string Loses { get; init; } = "";

    /// <summary>Who blocks it and how to change that; null when it works or the cause lies in another rung.</summary>
    public Remedy? Remedy { get; init; }
}

/// <summary>How one rung of the ladder stands.</summary>
internal enum RungState
{
    /// <summary>Works.</summary>
    Ok,

    /// <summary>Jobs run, but something named is lost or must be known.</summary>
    Degraded,

    /// <summary>No job can start.</summary>
    Missing,
}
