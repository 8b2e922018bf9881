namespace Sandbox.Resources.Limits;

// A tree that stood still at the last look may be growing as fast as the machine allows by now, so what it did before says
// nothing: only what is left of the limit counts. Far from the limit that means few looks, and near it a thousand a second.

/// <summary>How soon memory has to be looked at again: before the limit could be reached.</summary>
internal sealed class MemoryPace(long limit, int processors)
{
    // Touching fresh memory, measured: 2.7 GiB/s for each processor in pages of 4 KiB, 14 in pages of 2 MiB (madvise(2),
    // MADV_HUGEPAGE). What all processors of a machine together can zero is bounded by its memory.
    private const double FastestPerProcessor = 14.0 * (1L << 30);
    private const double FastestInAll = 64.0 * (1L << 30);

    private readonly double _fastest = Math.Min(FastestPerProcessor * processors, FastestInAll);

    /// <summary>Shortest and longest time between two looks.</summary>
    public static TimeSpan ShortestNap { get; } = TimeSpan.FromMilliseconds(1);

    /// <inheritdoc cref="ShortestNap"/>
    public static TimeSpan LongestNap { get; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Time until the next look, if <paramref name="bytes"/> are in use now.</summary>
    public TimeSpan NextLook(long bytes)
    {
        var seconds = Math.Max(limit - bytes, 0) / _fastest;
        return TimeSpan.FromSeconds(Math.Clamp(seconds, ShortestNap.TotalSeconds, LongestNap.TotalSeconds));
    }
}
