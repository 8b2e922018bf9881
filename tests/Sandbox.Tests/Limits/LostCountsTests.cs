using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class LostCountsTests
{
    private readonly LostCounts _lost = new();

    [Fact]
    public void Time_found_again_in_the_waiting_parent_is_not_lost()
    {
        _lost.Add(vanished: 20, reaped: 20);
        _lost.Add(vanished: 0, reaped: 0);

        Assert.Equal(0, _lost.Counted);
    }

    [Fact]
    public void A_parent_read_before_it_waited_is_given_until_the_next_look()
    {
        _lost.Add(vanished: 20, reaped: 0);
        _lost.Add(vanished: 0, reaped: 20);

        Assert.Equal(0, _lost.Counted);
    }

    [Fact]
    public void Time_that_turns_up_nowhere_is_lost()
    {
        _lost.Add(vanished: 20, reaped: 0);
        _lost.Add(vanished: 30, reaped: 5);
        _lost.Add(vanished: 0, reaped: 0);

        Assert.Equal(45, _lost.Counted);
    }

    [Fact]
    public void Waited_for_strangers_of_long_ago_do_not_hide_a_loss()
    {
        _lost.Add(vanished: 0, reaped: 1000);
        _lost.Add(vanished: 20, reaped: 0);
        _lost.Add(vanished: 0, reaped: 0);

        Assert.Equal(20, _lost.Counted);
    }
}
