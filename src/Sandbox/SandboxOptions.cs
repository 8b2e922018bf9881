namespace Sandbox;

/// <summary>What the host decides for all its jobs.</summary>
public sealed record SandboxOptions
{
    /// <summary>First host uid (and gid) given to jobs when the host runs as real root; real root itself never enters a job. Default 1879048192.</summary>
    public uint RootUidRangeStart { get; init; } = 0x7000_0000;

    /// <summary>How many ids follow <see cref="RootUidRangeStart"/>, which are leased to jobs one each. Default 65536.</summary>
    public uint RootUidRangeLength { get; init; } = 65536;

    /// <summary>Path of an installed launcher to use instead of the embedded one (AppArmor attaches profiles by path). Default null.</summary>
    public string? LauncherPath { get; init; }
}
