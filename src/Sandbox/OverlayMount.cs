namespace Sandbox;

/// <summary>A writable view of a host folder, which never changes (overlayfs).</summary>
public sealed record OverlayMount : MountSpec
{
    /// <summary>Absolute path of the folder on the host, which never changes.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// Absolute path of a folder on the host that keeps what the job changes, in <c>upper</c> below it, for the next job; <c>work</c> beside
    /// that is the kernel's. One job at a time (EBUSY). It does not count in <c>disk</c>. Null (the default): changes are kept in memory,
    /// count in <c>disk</c>, and are lost with the job.
    /// </summary>
    public string? Upper { get; init; }
}
