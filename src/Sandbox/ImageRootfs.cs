namespace Sandbox;

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
