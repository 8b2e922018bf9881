namespace Sandbox.Host;

/// <summary>The ids that a job gets next to its own: those from 1 on inside are these outside (subuid(5)).</summary>
internal sealed record SubordinateIds
{
    /// <summary>More are of no use: 65535 is the last id of 16 bits.</summary>
    public const uint Most = 65535;

    /// <summary>First uid outside.</summary>
    public required uint FirstUid { get; init; }

    /// <summary>How many uids, 1 to <see cref="Most"/>.</summary>
    public required uint Uids { get; init; }

    /// <summary>First gid outside.</summary>
    public required uint FirstGid { get; init; }

    /// <summary>How many gids, 1 to <see cref="Most"/>.</summary>
    public required uint Gids { get; init; }

    /// <summary>Path of newuidmap(1); empty where real root maps by itself.</summary>
    public string UidProgram { get; init; } = "";

    /// <summary>Path of newgidmap(1), as above.</summary>
    public string GidProgram { get; init; } = "";
}
