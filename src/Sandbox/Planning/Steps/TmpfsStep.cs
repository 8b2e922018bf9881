using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A tmpfs with a size of its own, taken off the <c>disk</c> limit.</summary>
internal sealed record TmpfsStep(string Target, long Bytes, long Inodes, string Origin) : MountStep(Target, Origin)
{
    public bool NoExec { get; init; }

    public override string Name => "mount tmpfs";

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
