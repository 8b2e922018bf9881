using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Planning;

/// <summary>What a plan depends on beside the job: the host's files, its limits, and who the job is outside.</summary>
internal sealed record PlanContext
{
    public required HostTree Host { get; init; }

    public required HostRlimits Rlimits { get; init; }

    /// <summary>The user the job is outside of its namespaces.</summary>
    public required uint HostUid { get; init; }

    /// <summary>The group the job is outside of its namespaces.</summary>
    public required uint HostGid { get; init; }

    /// <summary>The caller is real root, and the ids above are leased ones the launcher maps.</summary>
    public required bool ForeignIds { get; init; }

    /// <summary>The ids the job has next to its own; null for none.</summary>
    public SubordinateIds? SubIds { get; init; }

    /// <summary>Bytes of a page, the unit of kernel.shmall.</summary>
    public required int PageBytes { get; init; }

    /// <summary>What the job may not reach, whatever it binds.</summary>
    public IReadOnlyList<HiddenPlace> Hidden { get; init; } = [];

    /// <summary>The image of the job's root; null without one.</summary>
    public RootLayers? Image { get; init; }

    /// <summary>The directory with the files of the store, each named by its SHA-256; empty where the job takes none.</summary>
    public string StoredFiles { get; init; } = "";

    /// <summary>The volumes that the job names, by their names.</summary>
    public IReadOnlyDictionary<string, VolumePlace> Volumes { get; init; } = new Dictionary<string, VolumePlace>();

    /// <summary>A directory of this job's alone for the upper sides of writable overlays; null to have them in the writable tmpfs.</summary>
    public string? UpperDirectory { get; init; }

    /// <summary>The control groups made for this job.</summary>
    public CgroupPlacement Cgroup { get; init; } = CgroupPlacement.None;

    /// <summary>The processors leased to this job; null where it has none of its own.</summary>
    public CpuSet? LeasedCpus { get; init; }

    /// <summary>A source of a mount is on a server that may not answer: as real root the launcher leaves opening it to a child.</summary>
    public bool SourcesMayHang { get; init; }

    /// <summary>The size of the job's terminal, if it gets one.</summary>
    public TerminalSize Terminal { get; init; } = TerminalSize.Usual;

    /// <summary>What the launcher does for what the job was given: its root, its network.</summary>
    public IReadOnlyList<PlanStep> Given { get; init; } = [];

    /// <summary>CLONE_NEW* of the job's first process that go with it, beside those of every job.</summary>
    public ulong Namespaces { get; init; }

    /// <summary>The running host.</summary>
    /// <param name="leasedId">Real root's choice of an unprivileged id for the job; null to stay the caller.</param>
    public static PlanContext OfThisProcess(uint? leasedId) => new()
    {
        Host = new LiveHostTree(),
        Rlimits = HostRlimits.Read(),
        HostUid = leasedId ?? Libc.EffectiveUid(),
        HostGid = leasedId ?? Libc.EffectiveGid(),
        ForeignIds = leasedId is not null,
        PageBytes = Environment.SystemPageSize,
    };
}

/// <summary>How the payload comes into the control groups that were made for it, and what they hold.</summary>
internal sealed record CgroupPlacement
{
    /// <summary>A host without control groups for jobs.</summary>
    public static CgroupPlacement None { get; } = new();

    /// <summary>Directory of cgroup v2 the payload is cloned into; null for none.</summary>
    public string? Into { get; init; }

    /// <summary>Directories the payload joins by a write of its own: those of cgroup v1, or all of them as real root, whose jobs may not be cloned into a directory of root's.</summary>
    public IReadOnlyList<string> Joins { get; init; } = [];

    /// <summary>The kernel holds <c>memory</c> for the whole job.</summary>
    public bool HoldsMemory { get; init; }

    /// <summary>The kernel counts the CPU time of the whole job.</summary>
    public bool CountsCpuTime { get; init; }

    /// <summary>The kernel holds <c>processes</c> for the whole job.</summary>
    public bool HoldsProcesses { get; init; }

    /// <summary>Descriptors that go to the launcher: one for each join, then the directory.</summary>
    public int Descriptors => Joins.Count + (Into is null ? 0 : 1);
}

/// <summary>Directories of the host that make up a root when they are laid over each other.</summary>
internal sealed record RootLayers
{
    /// <summary>Absolute paths, the topmost first.</summary>
    public required IReadOnlyList<string> Directories { get; init; }

    /// <summary>The one directory as it was found before; null for whatever has its path.</summary>
    public HeldPath? Held { get; init; }

    /// <summary>They were unpacked for jobs, and what the caller owns there is theirs.</summary>
    public bool OwnFiles { get; init; }

    /// <summary>
    /// The bytes of a regular file as the layers together show it; null where there is none, or a link leads there: no
    /// link of a layer is ever followed on the host.
    /// </summary>
    public required Func<string, byte[]?> Read { get; init; }

    /// <summary>Directories in them that the job may write to, although the root is read-only; links in them are followed already.</summary>
    public IReadOnlyList<string> WritableDirectories { get; init; } = [];

    /// <summary>
    /// Where a directory is in the layers once links are followed inside of them, as far as that is known without mounting them: an image's
    /// /etc may be a link into its own tree.
    /// </summary>
    public Func<string, string> RealDirectory { get; init; } = static directory => directory;
}

/// <summary>A volume, as a job finds it.</summary>
/// <param name="Path">The directory on the host.</param>
/// <param name="Identity">What it has to be; null for whatever is there.</param>
/// <param name="Owner">Whose files there are shown as the job's; null where they are the job's as they are.</param>
internal sealed record VolumePlace(string Path, FileIdentity? Identity, FileOwner? Owner);

/// <summary>To whom files belong on the disk.</summary>
/// <param name="Uid">The user.</param>
/// <param name="Gid">The group.</param>
internal readonly record struct FileOwner(uint Uid, uint Gid);
