namespace Sandbox;

/// <summary>What the job's root folder is made of.</summary>
public abstract record RootfsSpec
{
    private protected RootfsSpec() { }
}

/// <summary>The host's toolchain folders, read-only, with only what programs need to start of /etc.</summary>
public sealed record HostRootfs : RootfsSpec;

/// <summary>An empty root: only /dev, /proc, /work, /tmp and what mounts and files add.</summary>
public sealed record EmptyRootfs : RootfsSpec;

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

/// <summary>A container image. Its environment, working folder, command and user are defaults for the job.</summary>
public sealed record ImageRootfs : RootfsSpec
{
    /// <summary>
    /// Absolute path of an OCI image layout (folder or tar) or of a <c>docker save</c> archive, which is unpacked into the image store on
    /// first use; or the name, or digest, of an image in the store.
    /// </summary>
    public required string Reference { get; init; }

    /// <summary>
    /// The job may change its root; what it changes counts in <c>disk</c> and is lost with the job (overlayfs, upper side in memory).
    /// Default false.
    /// </summary>
    public bool Writable { get; init; }
}
