namespace Sandbox;

/// <summary>A folder of the host, such as an unpacked distribution. It never changes.</summary>
public sealed record DirectoryRootfs : RootfsSpec
{
    /// <summary>Absolute path of the folder on the host.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// The job may change its root; what it changes counts in <c>disk</c> and is lost with the job (overlayfs, upper side in memory). Mounts
    /// below the folder are not shown then. Default false.
    /// </summary>
    public bool Writable { get; init; }
}
