namespace Sandbox.Planning.Steps;

/// <summary>A kernel setting of one of the job's own namespaces.</summary>
/// <remarks>
/// Optional where it is the second of two means, or where older kernels have it owned by the host's
/// root: a refused write is reported, not an error.
/// </remarks>
internal sealed record SysctlStep(string Setting, string Value, string Origin) : PlanStep(PlanPhase.Host, Origin)
{
    public bool Optional { get; init; } = true;

    public override string Name => "sysctl";

    public override string? Path => "/proc/sys/" + Setting;

    public override StepFields Fields => new(StepKind.Sysctl)
    {
        A = Setting,
        B = Value,
        Flags = Optional ? StepFlags.Optional : StepFlags.None,
    };

    public override string Describe() => $"set {Setting} to {Value}{(Optional ? " where the kernel lets us" : "")}";
}
