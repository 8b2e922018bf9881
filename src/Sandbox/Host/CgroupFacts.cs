namespace Sandbox.Host;

/// <summary>Control groups as the caller sees them (cgroups(7)).</summary>
internal sealed record CgroupFacts
{
    /// <summary>Folder of the caller's version 2 group; empty if none is mounted.</summary>
    public string Version2Folder { get; init; } = "";

    /// <summary>The caller may make groups below it and move processes there.</summary>
    public bool Version2Writable { get; init; }

    /// <summary>Controllers the version 2 group can hand on.</summary>
    public IReadOnlyList<string> Version2Controllers { get; init; } = [];

    /// <summary>Version 1 controllers that are mounted.</summary>
    public IReadOnlyList<string> Version1Controllers { get; init; } = [];

    /// <summary>Version 1 controllers whose group of the caller is writable by it.</summary>
    public IReadOnlyList<string> Version1Writable { get; init; } = [];
}
