namespace Sandbox.Policies;

/// <summary>The masked 32-bit word of <c>struct seccomp_data</c> at an offset.</summary>
internal readonly record struct FilterWord(uint Offset, uint Mask)
{
    public static FilterWord Number { get; } = new(0, uint.MaxValue);

    public static FilterWord Arch { get; } = new(4, uint.MaxValue);
}
