using System.Text;
using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A file put into the root before the start, its bytes in the plan or behind a descriptor.</summary>
internal sealed record FileStep(string Target, string Origin) : PlanStep(PlanPhase.Files, Origin)
{
    /// <summary>rw-r--r--.</summary>
    public const int DefaultMode = 0x1A4;

    public int Mode { get; init; } = DefaultMode;

    /// <summary>The job cannot change it either: it is written out of its reach and mounted.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>It is one that every job of a rootfs gets, and may be written before there is a job.</summary>
    public bool Generated { get; init; }

    /// <summary>The bytes; empty where <see cref="Extra"/> says which descriptor has them.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Index into <see cref="SandboxPlan.ExtraFiles"/>, or -1.</summary>
    public int Extra { get; init; } = -1;

    /// <summary>The host file the bytes come from, or null.</summary>
    public string? Source { get; init; }

    public override Operation Operation => Operation.WriteFile;

    public override string? Path => Target;

    // One that the job may change is a mount of its own only where it covers a file of the host.
    public override IEnumerable<MountPoint> MountPoints => [new(Target, "tmpfs") { ReadOnly = ReadOnly, Perhaps = !ReadOnly }];

    public override StepFields Fields => new(StepKind.File)
    {
        B = Target,
        Flags = (ReadOnly ? StepFlags.ReadOnly : StepFlags.None) | (Generated ? StepFlags.OfSystem : StepFlags.None),
        Descriptor = Extra,
        Value0 = (ulong)Mode,
        Blob = Content,
        BlobValue = 1,
    };

    public override string Describe() =>
        $"write {Words.Quote(Target)}, mode {Words.Octal(Mode)},{(ReadOnly ? " read-only," : "")} from " +
        (Source is null ? Quantity.SizeText(Content.Length) + " of the job" : Words.Quote(Source));
}

/// <summary>A file of the host or the store put at a path, read-only, in place of whatever file is there; nothing is copied.</summary>
internal sealed record BindFileStep(string Source, string Target, string Origin) : PlanStep(PlanPhase.Files, Origin)
{
    /// <inheritdoc cref="BindStep.View"/>
    public string? View { get; init; }

    /// <inheritdoc cref="BindStep.Stored"/>
    public bool Stored { get; init; }

    public override Operation Operation => Operation.BindFile;

    public override string? Path => Source;

    public override IEnumerable<MountPoint> MountPoints => [new(Target, View is null ? "bind" : "overlay") { ReadOnly = true, Source = Source }];

    public override StepFields Fields => new(StepKind.BindFile)
    {
        A = Source,
        B = Target,
        Flags = StepFlags.ReadOnly | (View is null ? StepFlags.None : StepFlags.OwnInodes) | (Stored ? StepFlags.Stored : StepFlags.None),
        Value0 = View is null ? 0 : (ulong)Encoding.UTF8.GetByteCount(View),
    };

    public override string Describe() =>
        $"bind the file {Words.Quote(Source)} to {Words.Quote(Target)} read-only{(View is null ? "" : ", an inode of its own")}";
}

/// <summary>A directory above a read-only file that the job must not rename, because the file would move along.</summary>
internal sealed record PinStep(string Target, string Origin) : PlanStep(PlanPhase.Files, Origin)
{
    public override Operation Operation => Operation.Pin;

    public override string? Path => Target;

    // The directory's own mount once more, with its options.
    public override IEnumerable<MountPoint> MountPoints => [new(Target, "pin") { Perhaps = true }];

    public override StepFields Fields => new(StepKind.Pin) { B = Target };

    public override string Describe() => $"keep the directory {Words.Quote(Target)} in its place";
}

/// <summary>A file of the store as the job's standard input, opened through a read-only mount.</summary>
internal sealed record StdinStep(string Source, string View, string Origin) : PlanStep(PlanPhase.Files, Origin)
{
    public override Operation Operation => Operation.BindStdin;

    public override string? Path => Source;

    public override StepFields Fields => new(StepKind.Stdin)
    {
        A = Source,
        Flags = StepFlags.ReadOnly | StepFlags.OwnInodes | StepFlags.Stored,
        Value0 = (ulong)Encoding.UTF8.GetByteCount(View),
    };

    public override string Describe() => $"read stdin from {Words.Quote(Source)}";
}

/// <summary>A directory that is made in the job's root where it is missing.</summary>
internal sealed record MakeDirectoryStep(string Directory, string Origin) : PlanStep(PlanPhase.Mounts, Origin)
{
    public override Operation Operation => Operation.MakeDirectory;

    public override string? Path => Directory;

    public override StepFields Fields => new(StepKind.MakeDirectory) { B = Directory, Value0 = DirectoryStep.OwnMode };

    public override string Describe() => $"make {Words.Quote(Directory)} if it is missing";
}
