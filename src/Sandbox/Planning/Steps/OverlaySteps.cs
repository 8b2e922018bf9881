using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A view of a host directory that never changes it: what differs is kept in the writable tmpfs.</summary>
/// <remarks>
/// Read-only, it stands in for a read-only bind below which a mount point or file is missing: those
/// are made in the overlay, never in the user's tree. It shows no submounts of the source.
/// </remarks>
internal sealed record OverlayStep(string Source, string Target, string Origin) : MountStep(Target, Origin)
{
    public bool ReadOnly { get; init; }

    public bool NoExec { get; init; }

    /// <summary>Directory of the host that keeps the changes; null for the writable tmpfs.</summary>
    public string? Upper { get; init; }

    public override Operation Operation => Operation.Overlay;

    public override string? Path => Source;

    public override bool Writable => !ReadOnly;

    public override IEnumerable<MountPoint> MountPoints =>
        [new(Target, "overlay") { ReadOnly = ReadOnly, NoExec = NoExec, Source = Source }];

    public override StepFields Fields => new(StepKind.Overlay)
    {
        A = Source,
        WordsA = Upper is null ? null : [Source, Upper],
        B = Target,
        Flags = (ReadOnly ? StepFlags.ReadOnly : StepFlags.None) | (NoExec ? StepFlags.NoExec : StepFlags.None),
    };

    public override string Describe() =>
        $"overlay {Words.Quote(Source)} at {Words.Quote(Target)}{(Upper is null ? "" : ", changes kept in " + Words.Quote(Upper))}" +
        $"{(ReadOnly ? " read-only, to add mount points" : "")}{(NoExec ? " noexec" : "")}";
}

/// <summary>A directory of a read-only root that the job may write to: a volume that its image names. What it writes is kept with the root's own changes.</summary>
internal sealed record KeepWritableStep(string Target, string Origin) : MountStep(Target, Origin)
{
    public override Operation Operation => Operation.KeepWritable;

    public override bool Writable => true;

    public override IEnumerable<MountPoint> MountPoints => [new(Target, "overlay")];

    public override StepFields Fields => new(StepKind.KeepWritable) { B = Target, Value0 = DirectoryStep.OwnMode };

    public override string Describe() => $"keep {Words.Quote(Target)} of the root writable";
}

/// <summary>The next directory down of those that make up the job's root.</summary>
internal sealed record LayerStep(string Directory, string Origin) : PlanStep(PlanPhase.Mounts, Origin)
{
    /// <summary>
    /// It was unpacked for jobs: what the caller owns there is theirs. Without real root that is so anyway; a directory that a user names shows a
    /// job of real root no more than it shows everybody.
    /// </summary>
    public bool OwnFiles { get; init; }

    /// <summary>What it has to be; null for whatever is there.</summary>
    public FileIdentity? Identity { get; init; }

    public override Operation Operation => Operation.AddLayer;

    public override string? Path => Directory;

    public override StepFields Fields => new(StepKind.Layer)
    {
        A = Directory,
        Flags = OwnFiles ? StepFlags.OwnFiles : StepFlags.None,
        Value1 = Identity?.Device ?? 0,
        Value2 = Identity?.Inode ?? 0,
    };

    public override string Describe() => $"take {Words.Quote(Directory)} as a layer of the root";
}

/// <summary>
/// The layers so far become the job's <c>/</c>, as one overlay whose upper side is in the writable tmpfs. Mount points
/// and files are made there, never in a layer.
/// </summary>
internal sealed record LayeredRootStep(bool ReadOnly, string Origin) : MountStep("/", Origin)
{
    /// <summary>Read-only or not, something below stays writable (<see cref="KeepWritableStep"/>).</summary>
    public bool TakesChanges { get; init; }

    public override Operation Operation => Operation.OverlayRoot;

    public override bool Writable => !ReadOnly;

    public override IEnumerable<MountPoint> MountPoints => [new("/", "overlay") { ReadOnly = ReadOnly }];

    public override StepFields Fields => new(StepKind.LayeredRoot) { Flags = ReadOnly ? StepFlags.ReadOnly : StepFlags.None, Value0 = TakesChanges ? 1ul : 0 };

    public override string Describe() => $"overlay the layers as the new root, {(ReadOnly ? "read-only in the end" : "writable")}";
}
