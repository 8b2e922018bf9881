using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>What a job's limits leave of its connections.</summary>
public sealed class EgressTrafficTests
{
    private readonly HandSetClock _clock = new();

    [Fact]
    public void Bytes_wait_as_long_as_the_rate_says()
    {
        var traffic = new EgressTraffic(new() { TrafficRateBytes = 1000 }, _clock);
        Assert.Equal(100, traffic.Portion);

        Assert.True(Pace(traffic, 100).IsCompleted);
        var one = Pace(traffic, 100);
        var other = Pace(traffic, 100);
        _clock.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(one.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(one.IsCompleted);
        Assert.False(other.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(other.IsCompleted);
    }

    [Theory]
    [InlineData(1L, 1)]
    [InlineData(9L, 1)]
    [InlineData(1L << 40, 64 << 10)]
    [InlineData(null, 64 << 10)]
    public void What_is_read_at_once_is_a_small_part_of_a_second(long? rate, int portion) =>
        Assert.Equal(portion, new EgressTraffic(new() { TrafficRateBytes = rate }, _clock).Portion);

    [Fact]
    public void No_rate_makes_anybody_wait_longer_than_a_timer_can()
    {
        var traffic = new EgressTraffic(new() { TrafficRateBytes = 1 }, TimeProvider.System);
        using var end = new CancellationTokenSource();

        var wait = traffic.PaceAsync(int.MaxValue, end.Token);
        end.Cancel();

        Assert.True(wait.IsCanceled);
    }

    [Fact]
    public void Connections_are_counted_up_to_their_limit()
    {
        var traffic = new EgressTraffic(new() { ConnectionsTotal = 2 }, _clock);

        Assert.Equal([null, null], [traffic.Connect(), traffic.Connect()]);
        Assert.False(traffic.IsOutOfConnections);
        Assert.Equal("the limit of connections in all was reached", traffic.Connect());
        Assert.True(traffic.IsOutOfConnections);
    }

    private static Task Pace(EgressTraffic traffic, int bytes) => traffic.PaceAsync(bytes, TestContext.Current.CancellationToken);
}
