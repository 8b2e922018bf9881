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
        {
            now += CpuBudget.NextLook(now * 4, limit, 4);
        }

        Assert.InRange((now * 4) - limit, TimeSpan.Zero, TimeSpan.FromMilliseconds(2 * 4));
        Assert.InRange(looks, 1, 20);
    }

    [Fact]
    public void Memory_far_from_its_limit_is_looked_at_rarely() =>
        Assert.Equal(MemoryPace.MaxNap, new MemoryPace(4096 * Mebibyte, 2).NextLook(10 * Mebibyte));

    [Theory]
    [InlineData(508)]
    [InlineData(512)]
    [InlineData(900)]
    public void Memory_about_to_reach_its_limit_is_looked_at_in_a_millisecond(long used) =>
        Assert.Equal(MemoryPace.ShortestNap, new MemoryPace(512 * Mebibyte, 2).NextLook(used * Mebibyte));

    [Fact]
    public void A_job_that_stood_still_and_then_grows_as_fast_as_it_can_is_seen_before_its_limit()
    {
        const double bytesPerSecond = 2 * 14.0 * (1L << 30);

        var nap = new MemoryPace(512 * Mebibyte, 2).NextLook(200 * Mebibyte);

        Assert.InRange((200 * Mebibyte) + (bytesPerSecond * nap.TotalSeconds), 400 * Mebibyte, 513 * Mebibyte);
    }

    [Fact]
    public void More_processors_than_memory_can_serve_do_not_make_it_sooner()
    {
        var (many, more) = (new MemoryPace(512 * Mebibyte, 64), new MemoryPace(512 * Mebibyte, 640));

        Assert.Equal(many.NextLook(0), more.NextLook(0));
    }
}
