using Microsoft.Win32.SafeHandles;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class TreeWatchTests : IDisposable
{
    private static readonly TimeSpan s_now = TimeSpan.FromMilliseconds(100);

    private readonly FakeProc _proc = new();
    private readonly SafeFileHandle _directory;

    public TreeWatchTests() => _directory = _proc.Open();

    [Fact]
    public void Cpu_time_of_the_tree_over_the_limit_is_reached()
    {
        using var watch = Watch(new() { CpuTime = TimeSpan.FromSeconds(1) });
        _proc.Set(2, own: 60, reaped: 0);
        _proc.Set(3, own: 41, reaped: 0);

        var reached = watch.Check(s_now);

        Assert.Equal(new LimitReached { Cause = StopCause.CpuTime, Time = TimeSpan.FromSeconds(1.01) }, reached);
    }

    [Fact]
    public void Exactly_the_limit_is_not_over_it()
    {
        using var watch = Watch(new() { CpuTime = TimeSpan.FromSeconds(1) });
        _proc.Set(2, own: 100, reaped: 0);

        Assert.Null(watch.Check(s_now));
    }

    [Fact]
    public void A_tree_without_progress_is_idle()
    {
        using var watch = Watch(new() { IdleTime = TimeSpan.FromSeconds(1) });
        _proc.Set(2, own: 1, reaped: 0);
        watch.Check(s_now);

        var reached = watch.Check(s_now + TimeSpan.FromSeconds(1));

        Assert.Equal(new LimitReached { Cause = StopCause.Idle, Time = TimeSpan.FromSeconds(1) }, reached);
    }

    [Fact]
    public void The_largest_number_of_tasks_is_kept()
    {
        using var watch = Watch(new() { Processes = 4 });
        _proc.Set(2, own: 0, reaped: 0, threads: 4);
        watch.Check(s_now);
        _proc.Set(2, own: 0, reaped: 0, threads: 1);
        watch.Check(s_now);

        Assert.Equal(4, watch.PeakTasks);
    }

    [Fact]
    public void Nothing_is_reached_where_everything_is_lifted()
    {
        using var watch = Watch(new() { MemoryBytes = null, Processes = null });
        _proc.Set(2, own: 100_000, reaped: 0, resident: 10_000_000);

        Assert.Null(watch.Check(s_now));
    }

    [Fact]
    public void The_next_look_comes_when_the_budget_could_be_gone()
    {
        using var watch = Watch(new() { CpuTime = TimeSpan.FromSeconds(1), MemoryBytes = null });
        _proc.Set(2, own: 100, reaped: 0);

        watch.Check(s_now);

        Assert.Equal(CpuBudget.ShortestNap, watch.NextDelay);
    }

    public void Dispose()
    {
        _directory.Dispose();
        _proc.Dispose();
    }

    private TreeWatch Watch(ResourceLimits limits) => new(limits, new() { ProcFs = _directory }, new StoppedClock());
}
