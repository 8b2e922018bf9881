using System.Text;
using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The tmpfs that becomes <c>/</c>: mount points, links and the files that land in no other mount.</summary>
internal sealed record RootStep(long Bytes, long Inodes, string Origin) : PlanStep(PlanPhase.Root, Origin)
{
    public override Operation Operation => Operation.MountRoot;

    public override string? Path => "/";

    public override IEnumerable<MountPoint> MountPoints => [new("/", "tmpfs") { ReadOnly = true }];

    public override StepFields Fields => new(StepKind.Root) { Value0 = (ulong)Bytes, Value1 = (ulong)Inodes };

    public override string Describe() => $"mount a tmpfs of {Quantity.SizeText(Bytes)} as the new root";
}

/// <summary>The one writable tmpfs of the job, so that <c>disk</c> is one number the kernel holds.</summary>
internal sealed record ScratchStep(long Bytes, long Inodes) : PlanStep(PlanPhase.Root, "/limits/disk")
{
    public override Operation Operation => Operation.MountScratch;

    public override StepFields Fields => new(StepKind.Scratch) { Value0 = (ulong)Bytes, Value1 = (ulong)Inodes };

    public override string Describe() =>
        $"make the writable tmpfs of {Quantity.SizeText(Bytes)} and {Inodes} inodes";
}

/// <summary>A tree or file of the host, its submounts included, without device nodes and set-id programs.</summary>
internal sealed record BindStep(string Source, string Target, string Origin) : MountStep(Target, Origin)
{
    public bool ReadOnly { get; init; } = true;

    public bool NoExec { get; init; }

    /// <summary>A source that is gone when the launcher looks is skipped and reported.</summary>
    public bool Optional { get; init; }

    /// <summary>
    /// The directory at or above the source that is shown through a read-only overlay, so that the job's file locks and
    /// watches are on inodes of its own; null to show the host's inodes.
    /// </summary>
    public string? View { get; init; }

    /// <summary>
    /// The source is the host's own and no user named it: it may be opened before the job is there. What a user names is
    /// looked up when the job starts, because it may be replaced between two jobs.
    /// </summary>
    public bool OfSystem { get; init; }

    /// <summary>What the source, or the directory of its <see cref="View"/>, has to be; null for whatever is there.</summary>
    public FileIdentity? Identity { get; init; }

    /// <summary>Device nodes of the source can be used (mount(2), without MS_NODEV).</summary>
    public bool Devices { get; init; }

    /// <summary>The source is a file of the store, which as real root only the launcher can reach.</summary>
    public bool Stored { get; init; }

    /// <summary>Whose files there are shown as the job's, and who owns what it makes there; null for the files as they are.</summary>
    public FileOwner? Owner { get; init; }

    public override Operation Operation => Owner is null ? Operation.Bind : Operation.BindVolume;

    public override string? Path => Source;

    public override bool Writable => !ReadOnly;

    public override IEnumerable<MountPoint> MountPoints =>
    [
        new(Target, View is null ? "bind" : "overlay") { ReadOnly = ReadOnly, NoExec = NoExec, Devices = Devices, Perhaps = Optional, Source = Source },
    ];

    public override StepFields Fields => new(StepKind.Bind)
    {
        A = Source,
        B = Target,
        Flags = (ReadOnly ? StepFlags.ReadOnly : StepFlags.None) |
            (NoExec ? StepFlags.NoExec : StepFlags.None) |
            (Devices ? StepFlags.Devices : StepFlags.None) |
            (Optional ? StepFlags.Optional : StepFlags.None) |
            (View is null ? StepFlags.None : StepFlags.OwnInodes) |
            (OfSystem ? StepFlags.OfSystem : StepFlags.None) |
            (Stored ? StepFlags.Stored : StepFlags.None),
        Value0 = View is null ? 0 : (ulong)Encoding.UTF8.GetByteCount(View),
        Value1 = Identity?.Device ?? 0,
        Value2 = Identity?.Inode ?? 0,
        Value3 = Owner is { } owner ? owner.Uid | ((ulong)owner.Gid << 32) : 0,
    };

    public override string Describe() =>
        $"bind {Words.Quote(Source)} to {Words.Quote(Target)}{(ReadOnly ? " read-only" : " writable")}" +
        $"{(NoExec ? " noexec" : "")}{(Devices ? " as a device" : "")}{(Optional ? " if it exists" : "")}{(View is null ? "" : ", inodes of its own")}{(Owner is null ? "" : ", its files as the job's")}";
}

/// <summary>A directory of the writable tmpfs, shown at its target.</summary>
internal sealed record DirectoryStep(string Target, string Origin) : MountStep(Target, Origin)
{
    /// <summary>rwxr-xr-x: of the job, and of nobody else.</summary>
    public const int OwnMode = 0x1ED;

    /// <summary>rwxrwxrwt, as programs expect of /tmp and /dev/shm.</summary>
    public const int SharedMode = 0x3FF;

    public int Mode { get; init; } = OwnMode;

    public bool NoExec { get; init; }

    public override Operation Operation => Operation.MakeWritable;

    public override bool Writable => true;

    public override IEnumerable<MountPoint> MountPoints => [new(Target, "tmpfs") { NoExec = NoExec }];

    public override StepFields Fields => new(StepKind.Directory)
    {
        B = Target,
        Flags = NoExec ? StepFlags.NoExec : StepFlags.None,
        Value0 = (ulong)Mode,
    };

    public override string Describe() =>
        $"make the writable directory {Words.Quote(Target)}, mode {Words.Octal(Mode)}{(NoExec ? ", noexec" : "")}";
}

/// <summary>A tmpfs with a size of its own, taken off the <c>disk</c> limit.</summary>
internal sealed record TmpfsStep(string Target, long Bytes, long Inodes, string Origin) : MountStep(Target, Origin)
{
    public bool NoExec { get; init; }

    public override Operation Operation => Operation.MountTmpfs;

    public override bool Writable => true;

    public override IEnumerable<MountPoint> MountPoints => [new(Target, "tmpfs") { NoExec = NoExec }];

    public override StepFields Fields => new(StepKind.Tmpfs)
    {
        B = Target,
        Flags = NoExec ? StepFlags.NoExec : StepFlags.None,
        Value0 = (ulong)Bytes,
        Value1 = (ulong)Inodes,
    };

    public override string Describe() =>
        $"mount a tmpfs of {Quantity.SizeText(Bytes)} and {Inodes} inodes at {Words.Quote(Target)}{(NoExec ? " noexec" : "")}";
}

/// <summary>A symbolic link in the new root.</summary>
internal sealed record SymlinkStep(string Source, string Target, string Origin) : MountStep(Target, Origin)
{
    public override Operation Operation => Operation.Link;

    public override StepFields Fields => new(StepKind.Symlink) { A = Source, B = Target };

    public override string Describe() => $"link {Words.Quote(Target)} to {Words.Quote(Source)}";
}

/// <summary>The new root becomes <c>/</c>; nothing of the old one remains reachable.</summary>
internal sealed record PivotStep() : PlanStep(PlanPhase.Pivot, "")
{
    public override Operation Operation => Operation.Pivot;

    public override StepFields Fields => new(StepKind.Pivot);

    public override string Describe() => "make the new root /, unmount the old one";
}

/// <summary>The root tmpfs, and overlays that only carry mount points, become read-only.</summary>
internal sealed record SealRootStep() : PlanStep(PlanPhase.Pivot, "")
{
    public override Operation Operation => Operation.SealRoot;

    public override string? Path => "/";

    public override StepFields Fields => new(StepKind.SealRoot);

    public override string Describe() => "make / read-only";
}
