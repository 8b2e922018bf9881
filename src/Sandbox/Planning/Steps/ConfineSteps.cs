using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The directory the job starts in.</summary>
internal sealed record WorkingDirectoryStep(string Directory) : PlanStep(PlanPhase.Confine, "/workingDirectory")
{
    /// <summary>It is not made where it is missing.</summary>
    public bool MustExist { get; init; }

    public override Operation Operation => Operation.EnterDirectory;

    public override string? Path => Directory;

    public override StepFields Fields => new(StepKind.WorkingDirectory) { A = Directory, Value0 = MustExist ? 1UL : 0 };

    public override string Describe() => $"change to {Words.Quote(Directory)}";
}

/// <summary>A file of the root that the job is given open.</summary>
internal sealed record OpenStep(OpenedFile File) : PlanStep(PlanPhase.Confine, "/start/opened")
{
    // rw-rw-rw-
    private const ulong NewFileMode = 0x1B6;

    // rw-r--r--: as a shell's umask of 022 leaves it.
    private const ulong RedirectedFileMode = 0x1A4;

    public override Operation Operation => Operation.OpenGivenFile;

    public override string? Path => File.Path;

    public override StepFields Fields => new(StepKind.Open)
    {
        A = File.Path,
        Flags = (File.ReadOnly ? StepFlags.ReadOnly : StepFlags.None) | (File.Redirected ? StepFlags.Redirected : StepFlags.None),
        Value0 = File.Descriptors.Aggregate(0UL, static (bits, number) => bits | (1UL << number)),
        Value1 = File.Redirected ? RedirectedFileMode : NewFileMode,
    };

    public override string Describe() =>
        $"open {Words.Quote(File.Path)} {(File.ReadOnly ? "to read" : File.Redirected ? "anew to write" : "anew to read and write")} as descriptor {string.Join(" and ", File.Descriptors)}";
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
