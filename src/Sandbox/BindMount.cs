namespace Sandbox;

/// <summary>A file or folder of the host shown inside, read-only unless said otherwise.</summary>
public sealed record BindMount : MountSpec
{
    /// <summary>Absolute path on the host.</summary>
    public required string Source { get; init; }

    /// <summary>Writes reach the host. Default false.</summary>
    public bool Writable { get; init; }

    /// <summary>An absent source is skipped and reported instead of refused. Default false.</summary>
    public bool Optional { get; init; }
}
