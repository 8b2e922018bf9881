namespace Sandbox.Tests;

/// <summary>A clock that stands still until it is told to go on; its timers fire on the thread that tells it.</summary>
internal sealed class HandSetClock : TimeProvider
{
    private readonly List<HandSetTimer> _timers = [];
    private long _now = 1_000_000;

    public override long TimestampFrequency => 1_000;

    public override long GetTimestamp() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HandSetTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan time)
    {
        _now += (long)time.TotalMilliseconds;
        _timers.ForEach(timer => timer.FireIfDue());
    }

    private sealed class HandSetTimer(HandSetClock clock, Action callback) : ITimer
    {
        private long? _due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime < TimeSpan.Zero ? null : clock._now + (long)dueTime.TotalMilliseconds;
            return true;
        }

        public void FireIfDue()
        {
            if (_due > clock._now || _due is null)
            {
                return;
            }

            _due = null;
            callback();
        }

        public void Dispose() => _due = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
