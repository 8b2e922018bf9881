namespace Sandbox;

/// <summary>One volume of a <see cref="VolumeStore"/>.</summary>
public sealed record ListedVolume
{
    /// <summary>What jobs name it by.</summary>
    public required string Name { get; init; }

    /// <summary>The directory on the host that jobs see. What is in it is theirs: do not follow links there, and expect devices, FIFOs and changes.</summary>
    public required string Path { get; init; }

    /// <summary>When it was made, to the second.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>A running job has it.</summary>
    public required bool InUse { get; init; }
}

/// <summary>What a volume takes on its disk.</summary>
public sealed record VolumeSize
{
    /// <summary>Bytes of storage; a file with several names counts once.</summary>
    public required long Bytes { get; init; }

    /// <summary>Files and directories, the volume's own not among them.</summary>
    public required long Files { get; init; }

    /// <summary>All of it was counted: not more than two million names, none below a path that is longer than paths can be, and no directory that cannot be read.</summary>
    public required bool IsWhole { get; init; }
}
