using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The one writable tmpfs of the job, so that <c>disk</c> is one number the kernel holds.</summary>
internal sealed record ScratchStep(long Bytes, long Inodes) : PlanStep(PlanPhase.Root, "/limits/disk")
{
    public override string Name => "mount tmpfs";

    public override StepFields Fields => new(StepKind.Scratch) { Value0 = (ulong)Bytes, Value1 = (ulong)Inodes };

    public override string Describe() =>
        $"make the writable tmpfs of {Quantity.SizeText(Bytes)} and {Inodes} inodes";
}
