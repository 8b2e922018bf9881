using System.Runtime.CompilerServices;
using Sandbox.Interop;

namespace Sandbox.Policies;

/// <summary>A call as the filter sees it: <c>struct seccomp_data</c> without the instruction pointer.</summary>
internal readonly record struct SystemCall(int Number, uint Arch, SystemCall.Values Arguments)
{
    private const uint FirstArgument = 16;

    /// <summary>The arguments with some bits of the word at an offset of <c>struct seccomp_data</c> set to those of a value.</summary>
    public static Values With(Values arguments, FilterWord word, uint value)
    {
        if (word.Offset < FirstArgument)
        {
            return arguments;
        }

        var shift = (word.Offset & 4) == 0 ? 0 : 32;
        ref var argument = ref arguments[(int)(word.Offset - FirstArgument) / 8];
        argument = (argument & ~((ulong)word.Mask << shift)) | ((ulong)(value & word.Mask) << shift);
        return arguments;
    }

    /// <summary>What a policy asks of an argument is so.</summary>
    public bool Matches(ArgumentMatch match) => (Arguments[match.Argument] & match.Mask) == match.Value;

    /// <summary>The 32-bit word at an offset of <c>struct seccomp_data</c>, little-endian.</summary>
    public uint Word(uint offset)
    {
        if (offset == 0)
        {
            return (uint)Number;
        }

        if (offset == 4)
        {
            return Arch;
        }

        if (offset < FirstArgument)
        {
            return 0;
        }

        var argument = Arguments[(int)(offset - FirstArgument) / 8];
        return (offset & 4) == 0 ? (uint)argument : (uint)(argument >> 32);
    }

    [InlineArray(6)]
    internal struct Values : IEquatable<Values>
    {
        private ulong _first;

        public static Values Ones
        {
            get
            {
                var ones = default(Values);
                ((Span<ulong>)ones).Fill(ulong.MaxValue);
                return ones;
            }
        }

        public readonly bool Equals(Values other) => ((ReadOnlySpan<ulong>)this).SequenceEqual(other);

        public override readonly bool Equals(object? obj) => obj is Values other && Equals(other);

        public override readonly int GetHashCode() => HashCode.Combine(this[0], this[1], this[2], this[3], this[4], this[5]);
    }
}
