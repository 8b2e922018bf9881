using Sandbox.Server.Fronts;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class FrontHoldTests
{
    [Theory]
    [InlineData(new long[] { 10, 20 }, 30, long.MaxValue)]
    [InlineData(new long[] { 10, 20 }, 29, 19)]
    [InlineData(new long[] { 1, 100, 100 }, 101, 50)]
    [InlineData(new long[] { 100, 100, 100 }, 90, 30)]
    [InlineData(new long[] { }, 90, long.MaxValue)]
    public void Whoever_wants_little_has_it_and_the_others_share_the_rest(long[] maxima, long total, long share)
    {
        var bound = FrontHold.Share(maxima, total);

        Assert.Equal(share, bound);
        Assert.True(maxima.Sum(most => Math.Min(most, bound)) <= total);
    }

    [Fact]
    public void What_is_beside_the_memory_of_jobs_is_what_the_server_has_left()
    {
        Assert.Equal(FrontHold.ResultBytes, FrontHold.Beside(1 << 30, 8L << 30));
        Assert.Equal(100 << 20, FrontHold.Beside(412 << 20, 512 << 20));
        Assert.Equal(FrontHold.Least, FrontHold.Beside(8L << 30, 512 << 20));
    }

    [Fact]
    public void Results_that_wait_for_their_clients_are_bounded_for_a_tenant_and_for_all()
    {
        var held = new HeldResults(100);

        using (var first = held.TryHold("a", 1000))
        {
            Assert.NotNull(first); // one is always let through
            Assert.Null(held.TryHold("a", 1));
            Assert.Null(held.TryHold("b", 1));
        }

        var own = held.TryHold("a", 50);
        Assert.Null(held.TryHold("a", 1));
        var other = held.TryHold("b", 50);
        Assert.NotNull(other);
        Assert.Null(held.TryHold("c", 1));
        own!.Dispose();
        own.Dispose();
        Assert.NotNull(held.TryHold("c", 50));
        Assert.Null(held.TryHold("d", 1));
    }

    [Fact]
    public void Results_without_a_byte_may_be_held_at_once()
    {
        var held = new HeldResults(100);
        var (one, two) = (held.TryHold("a", 0), held.TryHold("a", 0));

        one!.Dispose();
        two!.Dispose();
        Assert.NotNull(held.TryHold("a", 100));
    }
}
