namespace Sandbox.Planning;

/// <summary>How the payload comes into the control groups that were made for it, and what they hold.</summary>
internal sealed record CgroupPlacement
{
    /// <summary>A host without control groups for jobs.</summary>
    public static CgroupPlacement None { get; } = new();

    /// <summary>Folder of cgroup v2 the payload is cloned into; null for none.</summary>
    public string? Into { get; init; }

    /// <summary>Folders the payload joins by a write of its own: those of cgroup v1, or all of them as real root, whose jobs may not be cloned into a folder of root's.</summary>
    public IReadOnlyList<string> Joins { get; init; } = [];

    /// <summary>The kernel holds <c>memory</c> for the whole job.</summary>
    public bool HoldsMemory { get; init; }

    /// <summary>The kernel counts the CPU time of the whole job.</summary>
    public bool CountsCpuTime { get; init; }

    /// <summary>The kernel holds <c>processes</c> for the whole job.</summary>
    public bool HoldsProcesses { get; init; }

    /// <summary>Descriptors that go to the launcher: one for each join, then the folder.</summary>
    public int Descriptors => Joins.Count + (Into is null ? 0 : 1);
}
