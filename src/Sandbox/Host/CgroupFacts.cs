namespace Sandbox.Host;

/// <summary>Control groups as the caller sees them (cgroups(7)).</summary>
internal sealed record CgroupFacts
{
    /// <summary>The caller's group of version 2, then the groups above it as far as they are mounted; none without version 2.</summary>
    public IReadOnlyList<CgroupDirectoryFacts> Version2 { get; init; } = [];

    /// <summary>The caller's groups of version 1, one for each hierarchy with controllers.</summary>
    public IReadOnlyList<CgroupDirectoryFacts> Version1 { get; init; } = [];

    /// <summary>These were named by the user, and are not the caller's own.</summary>
    public bool IsNamed { get; init; }

    /// <summary>Names that are no group.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];

    /// <summary>Directory of the caller's version 2 group; empty if none is mounted.</summary>
    public string Version2Directory => Version2.Count > 0 ? Version2[0].Directory : "";
}

/// <summary>One group as the caller finds it (cgroups(7)).</summary>
internal sealed record CgroupDirectoryFacts
{
    /// <summary>Its directory on the host.</summary>
    public required string Directory { get; init; }

    /// <summary>Controllers that groups below it can have.</summary>
    public required IReadOnlyList<string> Controllers { get; init; }

    /// <summary>The caller may make groups below it and move processes there.</summary>
    public required bool Writable { get; init; }

    /// <summary>The caller may move processes there from where it is itself.</summary>
    public bool IsReachable { get; init; } = true;

    /// <summary>There are processes in it itself, so that it cannot hand on controllers (cgroup-v2.rst, "No Internal Process Constraint").</summary>
    public bool HasProcesses { get; init; }

    /// <summary>It is the root of its hierarchy, to which that constraint does not apply.</summary>
    public bool IsRoot { get; init; }

    /// <summary>systemd has given it away to whoever runs in it (Delegate=, xattr user.delegate; systemd 251 and later).</summary>
    public bool IsDelegated { get; init; }

    /// <summary>The last component of <see cref="Directory"/>.</summary>
    public string Name => Directory[(Directory.LastIndexOf('/') + 1)..];
}
