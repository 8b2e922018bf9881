using Sandbox.Interop;
using Sandbox.Resources.Limits;
using Xunit;
using static Sandbox.Tests.Limits.WatchedJob;

namespace Sandbox.Tests.Limits;

public sealed class JobWatchTests : IDisposable
{
    private const long Mebibyte = 1 << 20;

    private static readonly TimeSpan s_now = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly WatchedJob _job = new();

    public void Dispose() => _job.Dispose();

    [Fact]
    public void What_groups_hold_is_not_looked_for_in_proc()
    {
        using var watch = _job.Watch(new() { CpuTime = s_second, MemoryBytes = 64 * Mebibyte }, "memory", "pids");

        var reached = watch.Check(s_now);

        Assert.Null(reached);
        Assert.Equal((TimeSpan.Zero, 4096L, 2), (watch.Cpu, watch.PeakMemoryBytes, watch.PeakTasks));
    }

    [Fact]
    public void Cpu_time_and_idleness_that_a_group_counts_are_not_looked_for_beside_memory()
    {
        using var watch = _job.Watch(new() { CpuTime = s_second, IdleTime = s_second, MemoryBytes = null });
        watch.Check(s_now);
        _job.Group.Write("cpu.stat", "usage_usec 500000\n");

        var reached = watch.Check(s_now + s_second);

        Assert.Null(reached);
        Assert.Equal((TimeSpan.FromMilliseconds(500), TimeSpan.Zero), (watch.Cpu, watch.Idle));
    }

    [Fact]
    public void Cpu_time_that_no_group_counts_is_looked_for_in_proc()
    {
        using var watch = _job.Watch(new() { CpuTime = s_second, MemoryBytes = null }, _job.Group.Version1("pids"), NoSetup);

        var reached = watch.Check(s_now);

        Assert.Equal((StopCause.CpuTime, TimeSpan.FromSeconds(10_000)), (reached?.Cause, reached?.Time));
        Assert.Null(watch.UserCpu);
    }

    [Fact]
    public void Without_groups_everything_is_looked_for_in_proc()
    {
        using var watch = new JobWatch(new() { CpuTime = s_second }, new() { ProcFs = _job.Tree }, null, NoSetup, Network.None);

        var reached = watch.Check(s_now);

        Assert.Equal(StopCause.CpuTime, reached?.Cause);
        Assert.Equal((null, 500, -1), (watch.RefusedTasks, watch.PeakTasks, watch.Event.Descriptor));
    }

    [Fact]
    public void Cpu_time_of_the_group_over_the_limit_is_reached()
    {
        using var watch = _job.Watch(new() { CpuTime = s_second }, "memory");
        _job.Group.Write("cpu.stat", "usage_usec 1000001\nuser_usec 700000\n");

        var reached = watch.Check(s_now);

        Assert.Equal(new LimitReached { Cause = StopCause.CpuTime, Time = TimeSpan.FromMicroseconds(1_000_001) }, reached);
        Assert.Equal(TimeSpan.FromMilliseconds(700), watch.UserCpu);
    }

    [Fact]
    public void What_the_set_up_used_is_not_the_jobs()
    {
        var setup = NoSetup with { Cpu = TimeSpan.FromMilliseconds(30), User = TimeSpan.FromMilliseconds(10) };
        using var watch = _job.Watch(new() { CpuTime = s_second }, setup, "memory");
        _job.Group.Write("cpu.stat", "usage_usec 1030000\nuser_usec 510000\n");

        Assert.Null(watch.Check(s_now));
        Assert.Equal((s_second, TimeSpan.FromMilliseconds(500)), (watch.Cpu, watch.UserCpu));
    }

    [Fact]
    public void Less_cpu_time_than_the_set_up_used_is_none()
    {
        using var watch = _job.Watch(new(), NoSetup with { Cpu = s_second, User = s_second }, "memory");
        _job.Group.Write("cpu.stat", "usage_usec 5\nuser_usec 5\n");

        watch.Check(s_now);

        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (watch.Cpu, watch.UserCpu));
    }

    [Fact]
    public void A_group_without_progress_is_idle()
    {
        using var watch = _job.Watch(new() { IdleTime = s_second }, "memory");
        _job.Group.Write("cpu.stat", "usage_usec 5000\n");
        watch.Check(s_now);

        var reached = watch.Check(s_now + s_second);

        Assert.Equal(new LimitReached { Cause = StopCause.Idle, Time = s_second }, reached);
        Assert.Equal(s_second, watch.Idle);
    }

    [Fact]
    public void A_kill_that_only_the_end_shows_is_known_then()
    {
        using var watch = _job.Watch(new() { MemoryBytes = 64 * Mebibyte, CpuTime = s_second }, "memory", "pids");
        watch.Check(s_now);
        _job.Group.Write("memory.events", "oom 1\noom_kill 1\n").Write("cpu.stat", "usage_usec 2000000\n").Write("memory.peak", "67108864\n")
            .Write("pids.events", "max 4\n");

        watch.ReadFinal();

        Assert.Equal((1, 2 * s_second, 64 * Mebibyte, 4L), (watch.OomKills, watch.Cpu, watch.PeakMemoryBytes, watch.RefusedTasks));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(7, true)]
    public void Refused_forks_are_the_evidence_for_processes(int refused, bool isObserved)
    {
        using var watch = _job.Watch(new() { Processes = 2 }, "memory", "pids");
        _job.Group.Write("pids.events", $"max {refused}\n");

        watch.Check(s_now);

        Assert.Equal(isObserved, watch.LimitsObserved().Contains("processes"));
    }

    [Fact]
    public void Without_a_count_of_refused_forks_the_number_of_tasks_seen_is_the_evidence()
    {
        using var watch = _job.Watch(new() { Processes = 500, MemoryBytes = null });

        watch.Check(s_now);

        Assert.Equal(["processes"], watch.LimitsObserved());
    }

    [Fact]
    public void With_nothing_to_look_for_the_next_look_is_a_second_away()
    {
        using var watch = _job.Watch(new(), "memory", "pids");

        watch.Check(s_now);

        Assert.Equal(s_second, watch.NextDelay);
    }

    [Theory]
    [InlineData("memory.peak")]
    [InlineData("memory.events")]
    [InlineData("pids.peak")]
    public void What_the_kernel_neither_counts_nor_tells_is_sampled(string missing)
    {
        _job.Group.Remove(missing);

        using var watch = _job.Watch(new(), "memory", "pids");

        Assert.Equal(TimeSpan.FromMilliseconds(20), watch.NextDelay);
    }

    [Fact]
    public void The_next_look_comes_before_all_processors_could_have_used_the_rest()
    {
        using var watch = _job.Watch(new() { CpuTime = s_second }, "memory", "pids");
        _job.Group.Write("cpu.stat", "usage_usec 400000\n");

        watch.Check(s_now);

        Assert.Equal(CpuBudget.NextLook(TimeSpan.FromMilliseconds(400), s_second, HostProcessors.Online), watch.NextDelay);
        Assert.True(watch.NextDelay < s_second);
    }

    [Fact]
    public void The_next_look_comes_when_the_group_could_be_idle()
    {
        using var watch = _job.Watch(new() { IdleTime = TimeSpan.FromMilliseconds(300) }, "memory", "pids");

        watch.Check(s_now);

        Assert.Equal(TimeSpan.FromMilliseconds(200), watch.NextDelay);
    }

    [Fact]
    public void The_event_file_of_version_2_is_polled_for_its_change()
    {
        using var watch = _job.Watch(new(), "memory");

        Assert.Equal(PollEntry.Exceptional, watch.Event.Wanted);
        Assert.True(watch.Event.Descriptor >= 0);
    }
}
