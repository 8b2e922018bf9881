namespace Sandbox.Resources.Limits;

/// <summary>How soon memory has to be looked at again: the nearer the limit and the faster the growth, the sooner.</summary>
internal sealed class MemoryPace(long limit, int processors)
{
    // Zeroing and mapping fresh pages: what one CPU reaches at best, and what all of them share.
    private const double FastestPerProcessor = 4.0 * (1L << 30);
    private const double FastestInAll = 16.0 * (1L << 30);

    // A tree that was seen growing slowly may turn fast between two looks, but not from nothing to everything
    // at every look: assuming the fastest growth always would look a thousand times a second for nothing.
    private const double Calm = 1.0 / 8;
    private const double Caution = 8;

    private readonly double _fastest = Math.Min(FastestPerProcessor * processors, FastestInAll);
    private long _lastBytes;
    private TimeSpan _lastLook;
    private double _growth = double.MaxValue;

    /// <summary>Shortest and longest time between two looks.</summary>
    public static TimeSpan ShortestNap { get; } = TimeSpan.FromMilliseconds(1);

    /// <inheritdoc cref="ShortestNap"/>
    public static TimeSpan LongestNap { get; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Notes a measurement.</summary>
    public void Add(TimeSpan now, long bytes)
    {
        var elapsed = now - _lastLook;
        if (elapsed > TimeSpan.Zero)
            _growth = Math.Max(bytes - _lastBytes, 0) / elapsed.TotalSeconds;

        (_lastBytes, _lastLook) = (bytes, now);
    }

    /// <summary>Time until the next look.</summary>
    public TimeSpan NextLook()
    {
        var rate = Math.Clamp(_growth * Caution, _fastest * Calm, _fastest);
        var seconds = Math.Max(limit - _lastBytes, 0) / rate;
        return TimeSpan.FromSeconds(Math.Clamp(seconds, ShortestNap.TotalSeconds, LongestNap.TotalSeconds));
    }
}
