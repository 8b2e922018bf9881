namespace Sandbox.Host;

/// <summary>Control groups as the caller sees them (cgroups(7)).</summary>
internal sealed record CgroupFacts
{
    /// <summary>The caller's group of version 2, then the groups above it as far as they are mounted; none without version 2.</summary>
    public IReadOnlyList<CgroupFolderFacts> Version2 { get; init; } = [];

    /// <summary>The caller's groups of version 1, one for each hierarchy with controllers.</summary>
    public IReadOnlyList<CgroupFolderFacts> Version1 { get; init; } = [];

    /// <summary>These were named by the user, and are not the caller's own.</summary>
    public bool IsNamed { get; init; }

    /// <summary>Names that are no group.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];

    /// <summary>Folder of the caller's version 2 group; empty if none is mounted.</summary>
    public string Version2Folder => Version2.Count > 0 ? Version2[0].Folder : "";
}
