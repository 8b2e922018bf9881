using System.Globalization;

namespace Sandbox.Planning.Steps;

/// <summary>A limit of the kernel on every process of the job, soft and hard alike.</summary>
internal sealed record RlimitStep(Rlimit Resource, ulong Limit, string Origin) : PlanStep(PlanPhase.Privileges, Origin)
{
    /// <summary>RLIM_INFINITY.</summary>
    public const ulong Unlimited = ulong.MaxValue;

    public override string Name => "rlimit";

    public override StepFields Fields => new(StepKind.Rlimit)
    {
        Value0 = (ulong)Resource,
        Value1 = Limit,
        Value2 = Limit,
    };

    public override string Describe() =>
        $"limit RLIMIT_{Resource.ToString().ToUpperInvariant()} to " +
        (Limit == Unlimited ? "unlimited" : Limit.ToString(CultureInfo.InvariantCulture));
}
