using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The tmpfs that becomes <c>/</c>: mount points, links and the files that land in no other mount.</summary>
internal sealed record RootStep(long Bytes, long Inodes, string Origin) : PlanStep(PlanPhase.Root, Origin)
{
    public override string Name => "mount tmpfs";

    public override string? Path => "/";

    public override IEnumerable<MountPoint> MountPoints => [new("/", "tmpfs") { ReadOnly = true }];

    public override StepFields Fields => new(StepKind.Root) { Value0 = (ulong)Bytes, Value1 = (ulong)Inodes };

    public override string Describe() => $"mount a tmpfs of {Quantity.SizeText(Bytes)} as the new root";
}
