namespace Sandbox.Tests;

/// <summary>A clock that stands still until it is told to go on.</summary>
internal sealed class HandSetClock : TimeProvider
{
    private long _now = 1_000_000;

    public override long TimestampFrequency => 1_000;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _now, (long)time.TotalMilliseconds);
}
