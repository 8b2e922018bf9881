using System.Globalization;
using Sandbox.Interop;

namespace Sandbox.Planning.Steps;

/// <summary>A limit of the kernel on every process of the job.</summary>
/// <remarks>Soft and hard are one: a job could raise the soft one at will, and at a soft one the kernel sends other signals.</remarks>
internal sealed record RlimitStep(Rlimit Resource, ulong Limit, string Origin) : PlanStep(PlanPhase.Privileges, Origin)
{
    /// <summary>RLIM_INFINITY.</summary>
    public const ulong Unlimited = ulong.MaxValue;

    /// <summary>Below the hard one only where the job shall be able to raise it.</summary>
    public ulong Soft { get; init; } = Limit;

    public override string Name => "rlimit";

    public override StepFields Fields => new(StepKind.Rlimit)
    {
        Value0 = (ulong)Resource,
        Value1 = Soft,
        Value2 = Limit,
    };

    public override string Describe() =>
        $"limit {RlimitTable.Of(Resource).Name} to {Amount(Soft)}" + (Soft == Limit ? "" : $", to be raised to {Amount(Limit)}");

    private static string Amount(ulong limit) => limit == Unlimited ? "unlimited" : limit.ToString(CultureInfo.InvariantCulture);
}
