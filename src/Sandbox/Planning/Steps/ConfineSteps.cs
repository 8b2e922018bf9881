using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The folder the job starts in.</summary>
internal sealed record WorkingFolderStep(string Folder) : PlanStep(PlanPhase.Confine, "/workingDirectory")
{
    public override Operation Operation => Operation.EnterDirectory;

    public override string? Path => Folder;

    public override StepFields Fields => new(StepKind.WorkingFolder) { A = Folder };

    public override string Describe() => $"change to {Words.Quote(Folder)}";
}

/// <summary>A place below which Landlock lets the job write.</summary>
internal sealed record LandlockWritableStep(string Folder, string Origin) : PlanStep(PlanPhase.Confine, Origin)
{
    public override Operation Operation => Operation.AllowLandlock;

    public override string? Path => Folder;

    public override StepFields Fields => new(StepKind.LandlockWritable) { B = Folder };

    public override string Describe() => $"let Landlock allow writes below {Words.Quote(Folder)}";
}

/// <summary>Writes are denied everywhere else, by a second means beside read-only mounts.</summary>
internal sealed record LandlockStep() : PlanStep(PlanPhase.Confine, "")
{
    public override Operation Operation => Operation.EnforceLandlock;

    public override StepFields Fields => new(StepKind.Landlock);

    public override string Describe() => "enforce Landlock where the kernel has it";
}

/// <summary>The system call filter, last before execve.</summary>
internal sealed record SeccompStep(string Policy, ReadOnlyMemory<byte> Program) : PlanStep(PlanPhase.Filter, "/seccomp")
{
    // struct sock_filter is 8 bytes
    private const int InstructionBytes = 8;

    public override Operation Operation => Operation.Filter;

    public override StepFields Fields => new(StepKind.Seccomp) { Blob = Program, BlobValue = 0 };

    public override string Describe() =>
        $"filter system calls by the policy {Words.Quote(Policy)}, {Program.Length / InstructionBytes} instructions";
}
