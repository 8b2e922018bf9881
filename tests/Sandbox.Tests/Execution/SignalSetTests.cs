using Sandbox.Execution;
using Sandbox.Execution.Judging;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class SignalSetTests
{
    [Theory]
    [InlineData(1, true)]
    [InlineData(8, true)]
    [InlineData(9, false)]
    [InlineData(18, true)]
    [InlineData(19, false)]
    [InlineData(64, true)]
    [InlineData(0, false)]
    [InlineData(65, false)]
    [InlineData(-1, false)]
    public void A_caller_may_pass_on_what_a_process_can_handle(int signal, bool expected) =>
        Assert.Equal(expected, SignalSet.IsPassable(signal));

    [Theory]
    [InlineData(9)]
    [InlineData(19)]
    [InlineData(0)]
    [InlineData(300)]
    public void An_attachment_refuses_what_it_cannot_pass_on(int signal) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new JobAttachment().Signal(signal));

    [Fact]
    public void Every_signal_has_a_place_of_its_own()
    {
        var all = Enumerable.Range(1, 64).Aggregate(default(SignalSet), (set, signal) => set.With(signal));

        Assert.Equal(ulong.MaxValue, all.Bits);
    }

    [Fact]
    public void They_come_in_the_order_of_their_numbers_once_each()
    {
        var set = SignalSet.Of(64).With(15).With(2).With(15).With(1);
        var order = new List<int>();

        foreach (var signal in set)
        {
            order.Add(signal);
        }

        Assert.Equal([1, 2, 15, 64], order);
        Assert.True(set.Contains(15));
        Assert.False(set.Contains(3));
    }
}
