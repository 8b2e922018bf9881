using Sandbox.Jobs;

namespace Sandbox.Planning.Steps;

/// <summary>All five capability sets become empty, or what the job is granted.</summary>
internal sealed record DropCapabilitiesStep(CapabilitySet Granted) : PlanStep(PlanPhase.Privileges, Granted == CapabilitySet.None ? "" : "/capabilities")
{
    public override string Name => "drop capabilities";

    public override StepFields Fields => new(StepKind.DropCapabilities) { Value0 = (ulong)Granted };

    public override string Describe() => Granted == CapabilitySet.None ? "drop every capability"
        : $"drop every capability but {CapabilityNames.Text(Granted)}, of the inner user namespace";
}
