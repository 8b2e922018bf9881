namespace Sandbox.Planning.Steps;

/// <summary>The procfs of the job's own pid namespace.</summary>
internal sealed record ProcStep() : MountStep("/proc", "")
{
    /// <summary>Processes only, nothing of the system (proc(5), subset=pid).</summary>
    public bool PidOnly { get; init; }

    public override string Name => "proc";

    /// <summary>A process writes its own entries; the rest belongs to ids the job does not have.</summary>
    public override bool Writable => true;

    public override IEnumerable<MountPoint> MountPoints => [new(Target, "proc") { NoExec = true }];

    public override StepFields Fields => new(StepKind.Proc) { Flags = PidOnly ? StepFlags.PidOnly : StepFlags.None };

    public override string Describe() => PidOnly ? "mount /proc with processes only" : "mount /proc";
}
