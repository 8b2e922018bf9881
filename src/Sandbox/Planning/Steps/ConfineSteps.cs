using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The directory the job starts in.</summary>
internal sealed record WorkingDirectoryStep(string Directory) : PlanStep(PlanPhase.Confine, "/workingDirectory")
{
    public override Operation Operation => Operation.EnterDirectory;

    public override string? Path => Directory;

    public override StepFields Fields => new(StepKind.WorkingDirectory) { A = Directory };

    public override string Describe() => $"change to {Words.Quote(Directory)}";
}

/// <summary>A place below which Landlock lets the job write.</summary>
internal sealed record LandlockWritableStep(string Directory, string Origin) : PlanStep(PlanPhase.Confine, Origin)
{
    public override Operation Operation => Operation.AllowLandlock;

    public override string? Path => Directory;

    public override StepFields Fields => new(StepKind.LandlockWritable) { B = Directory };

    public override string Describe() => $"let Landlock allow writes below {Words.Quote(Directory)}";
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
