namespace Sandbox.Egress;

/// <summary>So much at once, then so much a second: what a job makes the host do is charged to nobody.</summary>
/// <param name="burst">At once.</param>
/// <param name="perSecond">Then.</param>
/// <param name="clock">The time.</param>
internal sealed class TokenBucket(double burst, double perSecond, TimeProvider clock)
{
    // As long as a timer can wait (Timer.MaxSupportedTimeout).
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    private readonly double _burst = burst;
    private double _left = burst;
    private long _at = clock.GetTimestamp();

    /// <summary>Takes some; how long to wait before that is right, or zero. One thread at a time.</summary>
    public TimeSpan Take(int count = 1)
    {
        var now = clock.GetTimestamp();
        _left = Math.Min(_burst, _left + (clock.GetElapsedTime(_at, now).TotalSeconds * perSecond)) - count;
        _at = now;
        return _left >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(-_left / perSecond, s_longest.TotalSeconds));
    }
}
