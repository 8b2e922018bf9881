using Sandbox.Text;

namespace Sandbox;

/// <summary>What the job's root directory is made of.</summary>
public abstract record Rootfs
{
    private protected Rootfs() { }

    /// <summary>What there is to see, as the summary of a plan has it.</summary>
    internal abstract string Summary { get; }

    /// <summary>The host's toolchain directories, read-only.</summary>
    public static Rootfs Host { get; } = new HostRootfs();

    /// <summary>An empty root.</summary>
    public static Rootfs Empty { get; } = new EmptyRootfs();

    /// <summary>A directory of the host at this absolute path, which never changes.</summary>
    public static Rootfs Directory(string path, bool writable = false) => new DirectoryRootfs { Path = path, Writable = writable };

    /// <summary>A container image: the absolute path of an archive or layout, or the name or digest of one in the store.</summary>
    public static Rootfs Image(string reference, bool writable = false) => new ImageRootfs { Reference = reference, Writable = writable };

    private protected static string Change(bool writable) => writable ? "changed only for the job" : "read-only";
}

/// <summary>The host's toolchain directories, read-only, with only what programs need to start of /etc.</summary>
public sealed record HostRootfs : Rootfs
{
    internal override string Summary => "the host's programs (/usr and what leads there) and what they need of /etc, read-only";
}

/// <summary>An empty root: only /dev, /proc, /work, /tmp and what mounts and files add.</summary>
public sealed record EmptyRootfs : Rootfs
{
    /// <summary>Without /work, /tmp and a writable /dev/shm: there is nothing but /dev and /proc, and nothing to write to. A job file has no form for it. Default false.</summary>
    public bool Bare { get; init; }

    internal override string Summary => Bare ? "empty but for /dev and /proc" : "empty but for /dev, /proc, /work and /tmp";
}

/// <summary>A directory of the host, such as an unpacked distribution. It never changes.</summary>
public sealed record DirectoryRootfs : Rootfs
{
    /// <summary>Absolute path of the directory on the host.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// The job may change its root; what it changes counts in <c>disk</c> and is lost with the job (overlayfs, upper side in memory). Mounts
    /// below the directory are not shown then. Default false.
    /// </summary>
    public bool Writable { get; init; }

    /// <summary>
    /// What <see cref="Path"/> led to when somebody looked; if it is another directory when the job is set up, the job does not start (ESTALE). Of use until it is
    /// disposed of, which has to be after the job. A job file has no form for it. Null (the default): whatever is there.
    /// </summary>
    public HeldPath? Held { get; init; }

    internal override string Summary => $"the directory {Words.Quote(Path)}, {Change(Writable)}";
}

/// <summary>A container image. Its environment, working directory, command and user are defaults for the job.</summary>
public sealed record ImageRootfs : Rootfs
{
    /// <summary>
    /// Absolute path of an OCI image layout (directory or tar) or of a <c>docker save</c> archive, which is unpacked into the image store on
    /// first use; or the name, or digest, of an image in the store.
    /// </summary>
    public required string Reference { get; init; }

    /// <summary>
    /// The job may change its root; what it changes counts in <c>disk</c> and is lost with the job (overlayfs, upper side in memory).
    /// Default false.
    /// </summary>
    public bool Writable { get; init; }

    /// <summary>
    /// The archive or layout that <see cref="Reference"/>, a path, led to when somebody looked: it is read, and no other. Of use until it is disposed of, which has to be
    /// after the job. A job file has no form for it. Null (the default): whatever is there.
    /// </summary>
    public HeldPath? Held { get; init; }

    internal override string Summary => $"the image {Words.Quote(Reference)}, {Change(Writable)}";
}
