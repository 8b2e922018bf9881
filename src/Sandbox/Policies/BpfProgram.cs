using System.Buffers.Binary;

namespace Sandbox.Policies;

/// <summary>The bytes of a classic BPF program, as the kernel takes them, and their meaning.</summary>
internal static class BpfProgram
{
    /// <summary>Size of one <c>struct sock_filter</c>.</summary>
    public const int InstructionBytes = 8;

    /// <summary>The kernel's BPF_MAXINSNS.</summary>
    public const int MaxInstructions = 4096;

    public static BpfInstruction[] Parse(ReadOnlySpan<byte> bytes)
    {
        var program = new BpfInstruction[bytes.Length / InstructionBytes];
        for (var i = 0; i < program.Length; i++)
        {
            var at = bytes.Slice(i * InstructionBytes, InstructionBytes);
            program[i] = new BpfInstruction(
                BinaryPrimitives.ReadUInt16LittleEndian(at), at[2], at[3], BinaryPrimitives.ReadUInt32LittleEndian(at[4..]));
        }

        return program;
    }

    public static byte[] ToBytes(IReadOnlyList<BpfInstruction> program)
    {
        var bytes = new byte[program.Count * InstructionBytes];
        for (var i = 0; i < program.Count; i++)
        {
            var at = bytes.AsSpan(i * InstructionBytes, InstructionBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(at, program[i].Code);
            at[2] = program[i].JumpTrue;
            at[3] = program[i].JumpFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], program[i].K);
        }

        return bytes;
    }

    /// <summary>What the kernel would answer to the call.</summary>
    public static uint Run(ReadOnlySpan<BpfInstruction> program, SystemCall call)
    {
        uint accumulator = 0;
        for (var at = 0; ; at++)
        {
            var instruction = program[at];
            switch (instruction.Code)
            {
                case BpfInstruction.Return:
                    return instruction.K;
                case BpfInstruction.Load:
                    accumulator = call.Word(instruction.K);
                    break;
                case BpfInstruction.And:
                    accumulator &= instruction.K;
                    break;
                case BpfInstruction.Jump:
                    at += (int)instruction.K;
                    break;
                case var jump when instruction.IsConditionalJump:
                    at += BpfInstruction.Holds(jump, accumulator, instruction.K) ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                default:
                    throw new SandboxException($"the filter has an instruction that seccomp does not use: 0x{instruction.Code:x2}");
            }
        }
    }
}
