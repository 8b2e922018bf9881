namespace Sandbox;

/// <summary>What the job's root folder is made of.</summary>
public abstract record Rootfs
{
    private protected Rootfs() { }

    /// <summary>The host's toolchain folders, read-only.</summary>
    public static Rootfs Host { get; } = new HostRootfs();

    /// <summary>An empty root.</summary>
    public static Rootfs Empty { get; } = new EmptyRootfs();

    /// <summary>A folder of the host at this absolute path, which never changes.</summary>
    public static Rootfs Directory(string path, bool writable = false) => new DirectoryRootfs { Path = path, Writable = writable };

    /// <summary>A container image: the absolute path of an archive or layout, or the name or digest of one in the store.</summary>
    public static Rootfs Image(string reference, bool writable = false) => new ImageRootfs { Reference = reference, Writable = writable };
}

/// <summary>The host's toolchain folders, read-only, with only what programs need to start of /etc.</summary>
public sealed record HostRootfs : Rootfs;

/// <summary>An empty root: only /dev, /proc, /work, /tmp and what mounts and files add.</summary>
public sealed record EmptyRootfs : Rootfs;

/// <summary>A folder of the host, such as an unpacked distribution. It never changes.</summary>
public sealed record DirectoryRootfs : Rootfs
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
public sealed record ImageRootfs : Rootfs
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
