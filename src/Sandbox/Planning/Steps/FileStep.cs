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

    /// <summary>The bytes; empty where <see cref="Extra"/> says which descriptor has them.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Index into <see cref="SandboxPlan.ExtraFiles"/>, or -1.</summary>
    public int Extra { get; init; } = -1;

    /// <summary>The host file the bytes come from, or null.</summary>
    public string? Source { get; init; }

    public override string Name => "file";

    public override string? Path => Target;

    // One that the job may change is a mount of its own only where it covers a file of the host.
    public override IEnumerable<MountPoint> MountPoints => [new(Target, "tmpfs") { ReadOnly = ReadOnly, Perhaps = !ReadOnly }];

    public override StepFields Fields => new(StepKind.File)
    {
        B = Target,
        Flags = ReadOnly ? StepFlags.ReadOnly : StepFlags.None,
        Descriptor = Extra,
        Value0 = (ulong)Mode,
        Blob = Content,
        BlobValue = 1,
    };

    public override string Describe() =>
        $"write {Words.Quote(Target)}, mode {Words.Octal(Mode)},{(ReadOnly ? " read-only," : "")} from " +
        (Source is null ? Quantity.SizeText(Content.Length) + " of the job" : Words.Quote(Source));
}
