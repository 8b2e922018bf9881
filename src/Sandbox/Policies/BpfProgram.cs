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

/// <summary>One <c>struct sock_filter</c> of classic BPF.</summary>
internal readonly record struct BpfInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint K)
{
    /// <summary>Load the 32-bit word at offset K of <c>struct seccomp_data</c>.</summary>
    public const ushort Load = 0x20;

    /// <summary>Keep only the bits of K.</summary>
    public const ushort And = 0x54;

    /// <summary>Skip K instructions.</summary>
    public const ushort Jump = 0x05;

    public const ushort JumpIfEqual = 0x15;
    public const ushort JumpIfGreater = 0x25;
    public const ushort JumpIfGreaterOrEqual = 0x35;
    public const ushort JumpIfAnyBit = 0x45;

    /// <summary>End with the action K.</summary>
    public const ushort Return = 0x06;

    public bool IsConditionalJump =>
        Code is JumpIfEqual or JumpIfGreater or JumpIfGreaterOrEqual or JumpIfAnyBit;

    /// <summary>Whether a conditional jump is taken for a known accumulator.</summary>
    public static bool Holds(ushort jump, uint accumulator, uint k) => jump switch
    {
        JumpIfEqual => accumulator == k,
        JumpIfGreater => accumulator > k,
        JumpIfGreaterOrEqual => accumulator >= k,
        _ => (accumulator & k) != 0,
    };
}
