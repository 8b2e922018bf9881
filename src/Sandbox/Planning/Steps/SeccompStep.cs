using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The system call filter, last before execve.</summary>
internal sealed record SeccompStep(string Policy, ReadOnlyMemory<byte> Program) : PlanStep(PlanPhase.Filter, "/seccomp")
{
    // struct sock_filter is 8 bytes
    private const int InstructionBytes = 8;

    public override string Name => "seccomp";

    public override StepFields Fields => new(StepKind.Seccomp) { Blob = Program, BlobValue = 0 };

    public override string Describe() =>
        $"filter system calls by the policy {Words.Quote(Policy)}, {Program.Length / InstructionBytes} instructions";
}
