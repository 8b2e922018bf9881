using System.Numerics;

namespace Sandbox.Execution;

/// <summary>Some of the signals 1 to 64.</summary>
/// <param name="Bits">Bit number - 1 of each.</param>
internal readonly record struct SignalSet(ulong Bits)
{
    private const int SigKill = 9;
    private const int SigStop = 19;
    private const int Last = 64;

    /// <summary>The set of one.</summary>
    public static SignalSet Of(int signal) => new(1UL << (signal - 1));

    /// <summary>Whether a caller may have it passed on: neither of the two that no process can handle (signal(7)).</summary>
    public static bool IsPassable(int signal) => signal is >= 1 and <= Last and not (SigKill or SigStop);

    /// <summary>Throws for one that is not.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public static void CheckPassable(int signal)
    {
        if (!IsPassable(signal))
            throw new ArgumentOutOfRangeException(nameof(signal), signal, "must be a signal that a process can handle");
    }

    public bool Contains(int signal) => (Bits & Of(signal).Bits) != 0;

    public SignalSet With(int signal) => new(Bits | Of(signal).Bits);

    /// <summary>In the order of their numbers, as the kernel delivers what waits (signal(7)).</summary>
    public Enumerator GetEnumerator() => new(Bits);

    internal ref struct Enumerator(ulong bits)
    {
        private ulong _left = bits;

        public int Current { get; private set; }

        public bool MoveNext()
        {
            if (_left == 0)
                return false;
            Current = BitOperations.TrailingZeroCount(_left) + 1;
            _left &= _left - 1;
            return true;
        }
    }
}
