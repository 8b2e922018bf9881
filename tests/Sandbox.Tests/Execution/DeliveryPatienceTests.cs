using Sandbox.Execution;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class DeliveryPatienceTests
{
    private readonly HandSetClock _clock = new();

    [Fact]
    public void A_reader_of_a_job_that_was_stopped_has_one_pause()
    {
        var patience = Begun(TimeSpan.Zero);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), patience.Left(lastTaken: 0));
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(TimeSpan.Zero, patience.Left(lastTaken: 0));
    }

    [Fact]
    public void A_slow_reader_that_takes_something_is_waited_for()
    {
        var patience = Begun(TimeSpan.Zero);

        for (var second = 0; second < 20; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            Assert.True(patience.Left(lastTaken: _clock.GetTimestamp() - 500) > TimeSpan.Zero);
        }
    }

    [Fact]
    public void But_not_for_ever()
    {
        var patience = Begun(TimeSpan.Zero);

        _clock.Advance(DeliveryPatience.Most);

        Assert.Equal(TimeSpan.Zero, patience.Left(lastTaken: _clock.GetTimestamp()));
    }

    [Fact]
    public void What_is_left_of_the_wall_time_is_the_readers_as_well()
    {
        var patience = Begun(TimeSpan.FromSeconds(40));

        _clock.Advance(TimeSpan.FromSeconds(41));
        Assert.Equal(TimeSpan.FromSeconds(1), patience.Left(lastTaken: 0));
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(TimeSpan.Zero, patience.Left(lastTaken: 0));
    }

    [Fact]
    public void Without_a_wall_time_a_reader_may_take_its_time()
    {
        var patience = Begun(null);

        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Null(patience.Left(lastTaken: 0));
    }

    private DeliveryPatience Begun(TimeSpan? free)
    {
        var patience = new DeliveryPatience(_clock);
        patience.Begin(free);
        return patience;
    }
}
