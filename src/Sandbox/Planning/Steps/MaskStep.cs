namespace Sandbox.Planning.Steps;

/// <summary>Hides a path, or makes it read-only, if this kernel has it.</summary>
internal sealed record MaskStep(string Target) : PlanStep(PlanPhase.Mounts, "")
{
    /// <summary>Readable still, but not writable.</summary>
    public bool ReadOnly { get; init; }

    public override string Name => "mask";

    public override string? Path => Target;

    // A folder is covered by an empty one, a file by /dev/null.
    public override IEnumerable<MountPoint> MountPoints =>
        [new(Target, ReadOnly ? "proc" : "mask") { ReadOnly = true, NoExec = true, Devices = !ReadOnly, Perhaps = true }];

    public override StepFields Fields => new(StepKind.Mask)
    {
        B = Target,
        Flags = ReadOnly ? StepFlags.ReadOnly : StepFlags.None,
    };

    public override string Describe() => ReadOnly ? $"make {Target} read-only" : $"hide {Target}";
}
