using Microsoft.Win32.SafeHandles;
using Sandbox.Execution;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class TreeWatchTests : IDisposable
{
    private const int PagesPerMebibyte = 256;

    private static readonly TimeSpan s_now = TimeSpan.FromMilliseconds(100);

    private readonly FakeProc _proc = new();
    private readonly SafeFileHandle _folder;

    public TreeWatchTests() => _folder = _proc.Open();

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
    public void Memory_over_the_limit_is_reached()
    {
        using var watch = Watch(new() { MemoryBytes = 64 << 20 });
        _proc.Set(2, own: 0, reaped: 0, resident: 65 * PagesPerMebibyte);
        _proc.SetShares(2, 65 << 10, 0);

        var reached = watch.Check(s_now);

        Assert.Equal((StopCause.Memory, 65L << 20), (reached?.Cause, reached?.Bytes));
    }

    [Fact]
    public void Pages_shared_since_fork_count_once()
    {
        using var watch = Watch(new() { MemoryBytes = 64 << 20 });
        for (var pid = 2; pid < 4; pid++)
        {
            _proc.Set(pid, own: 0, reaped: 0, resident: 50 * PagesPerMebibyte);
            _proc.SetShares(pid, 25 << 10, 0);
        }

        Assert.Null(watch.Check(s_now));
        Assert.Equal(50L << 20, watch.PeakMemoryBytes);
    }

    [Fact]
    public void Mapped_files_do_not_count()
    {
        using var watch = Watch(new() { MemoryBytes = 64 << 20 });
        _proc.Set(2, own: 0, reaped: 0, resident: 100 * PagesPerMebibyte, shared: 90 * PagesPerMebibyte);
        _proc.SetShares(2, 10 << 10, 0);

        Assert.Null(watch.Check(s_now));
        Assert.Equal(10L << 20, watch.PeakMemoryBytes);
    }

    [Fact]
    public void Where_shares_are_refused_resident_pages_stand()
    {
        using var watch = Watch(new() { MemoryBytes = 64 << 20 });
        _proc.Set(2, own: 0, reaped: 0, resident: 65 * PagesPerMebibyte);

        Assert.Equal(StopCause.Memory, watch.Check(s_now)?.Cause);
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
        _folder.Dispose();
        _proc.Dispose();
    }

    // The clock stands still: looks cost nothing, so only the limits decide about the next one.
    private TreeWatch Watch(ResourceLimits limits) => new(limits, new() { ProcFs = _folder }, new StoppedClock());

    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
