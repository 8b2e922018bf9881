namespace Sandbox.Egress;

/// <summary>So much at once, then so much a second: what a job makes the host do is charged to nobody.</summary>
/// <param name="burst">At once.</param>
/// <param name="perSecond">Then.</param>
/// <param name="clock">The time.</param>
internal sealed class TokenBucket(int burst, int perSecond, TimeProvider clock)
{
    private double _left = burst;
    private long _at = clock.GetTimestamp();

    /// <summary>Takes one; how long to wait before that is right, or zero. One thread at a time.</summary>
    public TimeSpan Take()
    {
        var now = clock.GetTimestamp();
        _left = Math.Min(burst, _left + (clock.GetElapsedTime(_at, now).TotalSeconds * perSecond)) - 1;
        _at = now;
        return _left >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_left / perSecond);
    }
}
