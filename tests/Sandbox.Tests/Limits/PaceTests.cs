using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class PaceTests
{
    private const long Mebibyte = 1 << 20;

    [Theory]
    [InlineData(0, 2000, 1, 2000)]
    [InlineData(0, 2000, 4, 500)]
    [InlineData(1500, 2000, 2, 250)]
    [InlineData(1999.5, 2000, 4, 1)]
    [InlineData(2500, 2000, 4, 1)]
    public void Cpu_is_looked_at_when_all_processors_could_have_used_the_rest(double used, double limit, int processors, double next)
    {
        var nap = CpuBudget.NextLook(TimeSpan.FromMilliseconds(used), TimeSpan.FromMilliseconds(limit), processors);

        Assert.Equal(next, nap.TotalMilliseconds, 3);
    }

    [Fact]
    public void A_burner_on_every_processor_is_caught_within_two_milliseconds_of_its_limit()
    {
        var limit = TimeSpan.FromSeconds(2);
        var now = TimeSpan.Zero;
        var looks = 0;

        for (; now * 4 <= limit; looks++)
            now += CpuBudget.NextLook(now * 4, limit, 4);

        Assert.InRange((now * 4) - limit, TimeSpan.Zero, TimeSpan.FromMilliseconds(2 * 4));
        Assert.InRange(looks, 1, 20);
    }

    [Fact]
    public void Memory_far_from_its_limit_is_looked_at_rarely()
    {
        var pace = new MemoryPace(512 * Mebibyte, 2);
        pace.Add(TimeSpan.FromMilliseconds(20), 10 * Mebibyte);

        Assert.Equal(MemoryPace.LongestNap, pace.NextLook());
    }

    [Fact]
    public void Memory_about_to_reach_its_limit_is_looked_at_in_a_millisecond()
    {
        var pace = new MemoryPace(512 * Mebibyte, 2);
        pace.Add(TimeSpan.FromMilliseconds(20), 100 * Mebibyte);
        pace.Add(TimeSpan.FromMilliseconds(40), 508 * Mebibyte);

        Assert.Equal(MemoryPace.ShortestNap, pace.NextLook());
    }

    [Fact]
    public void Fast_growth_is_looked_at_sooner_than_none()
    {
        var (still, fast) = (new MemoryPace(64 * Mebibyte, 1), new MemoryPace(64 * Mebibyte, 1));
        still.Add(TimeSpan.FromMilliseconds(20), 60 * Mebibyte);
        still.Add(TimeSpan.FromMilliseconds(40), 60 * Mebibyte);
        fast.Add(TimeSpan.FromMilliseconds(20), 20 * Mebibyte);
        fast.Add(TimeSpan.FromMilliseconds(40), 60 * Mebibyte);

        Assert.True(fast.NextLook() < still.NextLook());
    }
}
