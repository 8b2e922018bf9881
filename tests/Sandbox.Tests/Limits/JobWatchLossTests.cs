using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class JobWatchLossTests : IDisposable
{
    private const long Mebibyte = 1 << 20;

    private static readonly TimeSpan s_now = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly WatchedJob _job = new();

    public void Dispose() => _job.Dispose();

    [Theory]
    [InlineData("memory.events")]
    [InlineData("cpu.stat")]
    [InlineData("pids.events")]
    public void A_job_whose_groups_are_taken_away_is_stopped(string file)
    {
        _job.Group.Lose(file);
        using var watch = _job.Watch(new() { CpuTime = s_second, MemoryBytes = 64 * Mebibyte }, "memory", "pids");
        Assert.False(watch.IsLost);

        var reached = watch.Check(s_now);

        Assert.Equal(new LimitReached { Cause = StopCause.HostLost }, reached);
        Assert.True(watch.IsLost);
    }

    [Fact]
    public void A_loss_of_the_groups_outweighs_what_is_left_of_them()
    {
        _job.Group.Lose("pids.events");
        using var watch = _job.Watch(new() { CpuTime = s_second, MemoryBytes = 64 * Mebibyte }, "memory", "pids");
        _job.Group.Write("cpu.stat", "usage_usec 9000000\n").Write("memory.events", "oom 0\noom_kill 1\n");

        Assert.Equal(StopCause.HostLost, watch.Check(s_now)?.Cause);
    }

    [Fact]
    public void A_loss_that_only_the_end_shows_is_known_then()
    {
        _job.Group.Lose("memory.events");
        using var watch = _job.Watch(new() { MemoryBytes = 64 * Mebibyte }, "memory", "pids");

        watch.ReadFinal();

        Assert.True(watch.IsLost);
    }
}
