using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class IdleWatchTests
{
    private readonly IdleWatch _watch = new(TimeSpan.FromSeconds(2));

    [Fact]
    public void A_tree_that_never_runs_is_idle_after_the_limit()
    {
        _watch.Add(TimeSpan.FromSeconds(1.9), TimeSpan.Zero);
        var before = _watch.IsReached;
        _watch.Add(TimeSpan.FromSeconds(2), TimeSpan.Zero);

        Assert.False(before);
        Assert.True(_watch.IsReached);
    }

    [Fact]
    public void Progress_starts_the_time_anew()
    {
        _watch.Add(TimeSpan.FromSeconds(1.9), TimeSpan.FromMilliseconds(20));
        _watch.Add(TimeSpan.FromSeconds(3.8), TimeSpan.FromMilliseconds(20));

        Assert.False(_watch.IsReached);
        Assert.Equal(TimeSpan.FromSeconds(1.9), _watch.Idle);
        Assert.Equal(TimeSpan.FromSeconds(0.1), _watch.NextLook());
    }

    [Fact]
    public void Every_byte_that_is_written_is_progress()
    {
        var written = 0L;
        var watch = new IdleWatch(TimeSpan.FromSeconds(2), () => written);
        for (var second = 1; second <= 5; second++)
        {
            written++;
            watch.Add(TimeSpan.FromSeconds(second), TimeSpan.Zero);
            Assert.Equal(TimeSpan.Zero, watch.Idle);
        }

        watch.Add(TimeSpan.FromSeconds(7), TimeSpan.Zero);

        Assert.True(watch.IsReached);
    }

    [Fact]
    public void Timers_of_a_sleeping_runtime_are_no_progress()
    {
        for (var tick = 1; tick <= 40; tick++)
        {
            _watch.Add(TimeSpan.FromMilliseconds(50 * tick), TimeSpan.FromMicroseconds(40 * tick));
        }

        Assert.True(_watch.IsReached);
    }
}
