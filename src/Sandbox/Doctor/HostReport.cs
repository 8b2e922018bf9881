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
