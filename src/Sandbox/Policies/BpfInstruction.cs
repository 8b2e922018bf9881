namespace Sandbox.Policies;

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
