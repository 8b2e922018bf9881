namespace Sandbox;

/// <summary>A writable view of a host folder; what the job changes is lost with the job (overlayfs, upper side in memory).</summary>
public sealed record OverlayMount : MountSpec
{
    /// <summary>Absolute path of the folder on the host, which never changes.</summary>
    public required string Source { get; init; }
}
