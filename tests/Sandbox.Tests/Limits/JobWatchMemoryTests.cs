using Sandbox.Resources.Limits;
using Xunit;
using static Sandbox.Tests.Limits.WatchedJob;

namespace Sandbox.Tests.Limits;

public sealed class JobWatchMemoryTests : IDisposable
{
    private const long Mebibyte = 1 << 20;

    private static readonly TimeSpan s_now = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly WatchedJob _job = new();

    public void Dispose() => _job.Dispose();

    [Fact]
    public void Memory_that_no_group_holds_is_looked_for_in_proc()
    {
        using var watch = _job.Watch(new() { CpuTime = s_second, MemoryBytes = 64 * Mebibyte });

        var reached = watch.Check(s_now);

        Assert.Equal((StopCause.Memory, 1000 * Mebibyte), (reached?.Cause, reached?.Bytes));
        Assert.True(watch.IsMemorySampled);
    }

    [Fact]
    public void A_kill_in_a_group_that_dies_as_a_whole_needs_no_stop()
    {
        using var watch = _job.Watch(new() { MemoryBytes = 64 * Mebibyte }, "memory");
        _job.Group.Write("memory.events", "oom 1\noom_kill 3\noom_group_kill 1\n");

        Assert.Null(watch.Check(s_now));
        Assert.Equal((2, 0, true), (watch.OomKills, watch.OuterOomKills, watch.ReachedMemoryLimit));
    }

    [Fact]
    public void A_job_at_its_limit_of_which_the_kernel_can_kill_nobody_is_stopped_soon()
    {
        using var watch = _job.Watch(new() { MemoryBytes = 64 * Mebibyte }, "memory", "pids");
        _job.Group.Write("memory.peak", "67108864\n");

        Assert.Null(Fail(watch, times: 1));
        Assert.Equal(TimeSpan.FromMilliseconds(20), watch.NextDelay);
        Assert.Null(Fail(watch, times: 2));
        Assert.Equal(new LimitReached { Cause = StopCause.Memory, Bytes = 64 * Mebibyte }, Fail(watch, times: 3));
        Assert.Equal((0, 0, true), (watch.OomKills, watch.OuterOomKills, watch.ReachedMemoryLimit));
    }

    // As when a process that is being killed anyway allocates once more.
    [Fact]
    public void A_job_in_which_an_allocation_failed_once_goes_on()
    {
        using var watch = _job.Watch(new() { MemoryBytes = 64 * Mebibyte }, "memory", "pids");

        Assert.Null(Fail(watch, times: 1));
        Assert.Null(Fail(watch, times: 1));
        Assert.Null(Fail(watch, times: 1));
        Assert.Null(Fail(watch, times: 1));
    }

    [Fact]
    public void A_kill_that_comes_late_is_the_kernels_all_the_same()
    {
        using var watch = _job.Watch(new() { MemoryBytes = 64 * Mebibyte }, "memory", "pids");
        _job.Group.Write("memory.events", "oom 1\noom_kill 0\n");
        watch.Check(s_now);
        watch.Check(s_now);
        _job.Group.Write("memory.events", "oom 1\noom_kill 1\n");

        Assert.Null(watch.Check(s_now));
        Assert.Equal((1, 0), (watch.OomKills, watch.OuterOomKills));
    }

    [Fact]
    public void A_peak_that_a_group_counts_is_not_held_against_its_limit()
    {
        using var watch = _job.Watch(new() { MemoryBytes = 64 * Mebibyte }, "memory");
        _job.Group.Write("memory.peak", "67112960\n").Write("memory.events", "max 3\noom 0\noom_kill 0\n");

        Assert.Null(watch.Check(s_now));
        Assert.Equal((67112960L, 0L), (watch.PeakMemoryBytes, watch.WatchedMemoryBytes));
    }

    [Fact]
    public void Memory_that_a_watch_measured_is_held_against_the_limit()
    {
        using var watch = _job.Watch(new() { MemoryBytes = 64 * Mebibyte });

        watch.Check(s_now);

        Assert.Equal((1000 * Mebibyte, 1000 * Mebibyte), (watch.PeakMemoryBytes, watch.WatchedMemoryBytes));
    }

    [Fact]
    public void Version_1_does_not_count_what_a_job_sends_to_itself_so_a_watch_does()
    {
        using var watch = _job.WatchVersion1(kills: 0, peak: 4096, Network.Loopback);

        var reached = watch.Check(s_now);

        Assert.Equal(new LimitReached { Cause = StopCause.Memory, Bytes = 1000 * Mebibyte }, reached);
        Assert.Equal((1000 * Mebibyte, 1000 * Mebibyte), (watch.PeakMemoryBytes, watch.WatchedMemoryBytes));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("host")]
    public void Version_1_alone_holds_the_memory_of_a_job_that_cannot_send_to_itself_unseen(string network)
    {
        using var watch = _job.WatchVersion1(kills: 0, peak: 4096, Network.Parse(network));

        Assert.Null(watch.Check(s_now));
        Assert.Equal((4096L, 0L), (watch.PeakMemoryBytes, watch.WatchedMemoryBytes));
    }

    [Fact]
    public void Version_2_counts_what_a_job_sends_to_itself()
    {
        using var watch = _job.Watch(new() { MemoryBytes = 64 * Mebibyte }, _job.Group.Version2("memory"), NoSetup, Network.Loopback);

        Assert.Null(watch.Check(s_now));
        Assert.Equal((4096L, 0L), (watch.PeakMemoryBytes, watch.WatchedMemoryBytes));
    }

    [Fact]
    public void A_kill_in_version_1_stops_what_is_left_of_the_job_soon()
    {
        using var watch = _job.WatchVersion1(kills: 1, peak: 64 * Mebibyte);

        Assert.Null(watch.Check(s_now));
        Assert.Null(watch.Check(s_now));
        Assert.Equal(new LimitReached { Cause = StopCause.Memory, Bytes = 64 * Mebibyte }, watch.Check(s_now));
        Assert.Equal((1, 0), (watch.OomKills, watch.OuterOomKills));
    }

    [Fact]
    public void A_kill_in_version_1_below_the_jobs_own_limit_is_the_hosts()
    {
        using var watch = _job.WatchVersion1(kills: 1, peak: 32 * Mebibyte);

        Assert.Null(watch.Check(s_now));
        Assert.Null(watch.Check(s_now));
        Assert.Equal(StopCause.HostMemory, watch.Check(s_now)?.Cause);
        Assert.Equal((0, 1, false), (watch.OomKills, watch.OuterOomKills, watch.ReachedMemoryLimit));
    }

    [Fact]
    public void A_kill_without_a_limit_is_the_hosts_and_stops_what_is_left_of_the_job()
    {
        using var watch = _job.Watch(new() { MemoryBytes = null }, "memory");
        _job.Group.Write("memory.events", "oom 0\noom_kill 1\n");

        Assert.Null(watch.Check(s_now));
        Assert.Null(watch.Check(s_now));
        Assert.Equal(StopCause.HostMemory, watch.Check(s_now)?.Cause);
        Assert.Equal((0, 1, false), (watch.OomKills, watch.OuterOomKills, watch.ReachedMemoryLimit));
    }

    // Who is told to end what the kernel is ending already would take the blame for it.
    [Fact]
    public void A_kill_of_the_whole_group_below_its_own_limit_is_left_to_the_kernel()
    {
        using var watch = _job.Watch(new() { MemoryBytes = 64 * Mebibyte }, "memory");
        _job.Group.Write("memory.events", "oom 0\noom_kill 1\noom_group_kill 1\n");

        for (var look = 0; look < 10; look++)
        {
            Assert.Null(watch.Check(s_now));
        }

        Assert.Equal((0, 1, false), (watch.OomKills, watch.OuterOomKills, watch.ReachedMemoryLimit));
    }

    private LimitReached? Fail(JobWatch watch, int times)
    {
        _job.Group.Write("memory.events", $"max 9\noom {times}\noom_kill 0\noom_group_kill 0\n");
        return watch.Check(s_now);
    }
}
