namespace Sandbox.Planning.Steps;

/// <summary>The processors the payload starts on, and its children after it (sched_setaffinity(2)).</summary>
/// <param name="Cpus">The list as the kernel writes it, such as <c>0-1</c>.</param>
/// <param name="Mask">One bit for each processor, in words of 8 bytes.</param>
/// <param name="Origin">Who asked.</param>
internal sealed record AffinityStep(string Cpus, ReadOnlyMemory<byte> Mask, string Origin) : PlanStep(PlanPhase.Privileges, Origin)
{
    public override string Name => "cpu affinity";

    public override StepFields Fields => new(StepKind.Affinity) { Blob = Mask, BlobValue = 0 };

    public override string Describe() => $"run on the processors {Cpus}";
}
