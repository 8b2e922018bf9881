using Microsoft.Win32.SafeHandles;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class MemoryWatchTests : IDisposable
{
    private const int PagesPerMebibyte = 256;

    private readonly FakeProc _proc = new();
    private readonly SafeFileHandle _directory;
    private TimeSpan _now = TimeSpan.FromMilliseconds(100);

    public MemoryWatchTests() => _directory = _proc.Open();

    public void Dispose()
    {
        _directory.Dispose();
        _proc.Dispose();
    }

    [Fact]
    public void What_one_process_alone_has_needs_no_whole_look()
    {
        using var watch = Watch();
        _proc.Set(2, own: 0, reaped: 0, resident: 100 * PagesPerMebibyte);

        var reached = watch.Check(_now);

        Assert.Equal(StopCause.Memory, reached?.Cause);
        Assert.InRange(reached!.Value.Bytes, 64L << 20, 100L << 20);
    }

    [Fact]
    public void Many_processes_over_the_limit_together_are_found_by_a_whole_look()
    {
        using var watch = Watch();
        for (var pid = 2; pid < 4; pid++)
        {
            _proc.Set(pid, own: 0, reaped: 0, resident: 50 * PagesPerMebibyte);
            _proc.SetShares(pid, 50 << 10, 0);
        }

        Assert.Equal(new LimitReached { Cause = StopCause.Memory, Bytes = 100L << 20 }, Look(watch));
        Assert.Equal(100L << 20, watch.PeakMemoryBytes);
    }

    [Fact]
    public void Pages_shared_since_fork_count_once()
    {
        using var watch = Watch();
        for (var pid = 2; pid < 4; pid++)
        {
            _proc.Set(pid, own: 0, reaped: 0, resident: 50 * PagesPerMebibyte);
            _proc.SetShares(pid, 25 << 10, 0);
        }

        Assert.Null(Look(watch));
        Assert.Equal(50L << 20, watch.PeakMemoryBytes);
    }

    [Fact]
    public void Mapped_files_do_not_count()
    {
        using var watch = Watch();
        _proc.Set(2, own: 0, reaped: 0, resident: 100 * PagesPerMebibyte, shared: 90 * PagesPerMebibyte);
        _proc.SetShares(2, 10 << 10, 0);

        Assert.Null(Look(watch));
        Assert.Equal(10L << 20, watch.PeakMemoryBytes);
    }

    [Fact]
    public void Where_shares_are_refused_resident_pages_stand()
    {
        using var watch = Watch();
        _proc.Set(2, own: 0, reaped: 0, resident: 40 * PagesPerMebibyte);
        _proc.Set(3, own: 0, reaped: 0, resident: 40 * PagesPerMebibyte);

        Assert.Equal(StopCause.Memory, Look(watch)?.Cause);
    }

    // A FIFO that nobody writes to answers as late as page tables of a terabyte do.
    [Fact]
    public void A_look_that_never_ends_keeps_nobody_waiting_and_ends_the_job()
    {
        using var watch = Watch();
        _proc.Set(2, own: 0, reaped: 0, resident: 50 * PagesPerMebibyte);
        _proc.Set(3, own: 0, reaped: 0, resident: 50 * PagesPerMebibyte);
        _proc.BlockShares(2);

        var reached = Until(watch, TimeSpan.FromSeconds(4));
        Assert.Null(reached);

        reached = Until(watch, TimeSpan.FromSeconds(2));

        Assert.Equal(new LimitReached { Cause = StopCause.Memory, Bytes = 100L << 20 }, reached);
        Assert.Equal(100L << 20, watch.UnmeasuredMemoryBytes);
        watch.ReadFinal();
        _proc.UnblockShares(2);
    }

    [Fact]
    public void A_host_that_was_stopped_finds_nothing_overdue()
    {
        using var watch = Watch();
        _proc.Set(2, own: 0, reaped: 0, resident: 50 * PagesPerMebibyte);
        _proc.Set(3, own: 0, reaped: 0, resident: 50 * PagesPerMebibyte);
        _proc.BlockShares(2);
        Assert.Null(watch.Check(_now));

        Assert.Null(watch.Check(_now + TimeSpan.FromHours(1)));
        _proc.UnblockShares(2);
    }

    [Fact]
    public void A_certain_excess_is_found_while_a_look_is_under_way()
    {
        using var watch = Watch();
        _proc.Set(2, own: 0, reaped: 0, resident: 50 * PagesPerMebibyte);
        _proc.Set(3, own: 0, reaped: 0, resident: 50 * PagesPerMebibyte);
        _proc.BlockShares(2);
        Assert.Null(watch.Check(_now));
        _proc.Set(4, own: 0, reaped: 0, resident: 70 * PagesPerMebibyte);

        Assert.Equal(StopCause.Memory, watch.Check(_now + TimeSpan.FromMilliseconds(5))?.Cause);
        _proc.UnblockShares(2);
    }

    private TreeWatch Watch() => new(new() { MemoryBytes = 64 << 20 }, new() { ProcFs = _directory }, new StoppedClock());

    // Begins a whole look, waits for its end and says what it found.
    private LimitReached? Look(TreeWatch watch)
    {
        var reached = watch.Check(_now);
        Assert.True(SpinWait.SpinUntil(() => !watch.IsLooking, TimeSpan.FromSeconds(10)));
        return reached ?? watch.Check(_now += TimeSpan.FromMilliseconds(1));
    }

    private LimitReached? Until(TreeWatch watch, TimeSpan time)
    {
        for (var end = _now + time; _now < end; _now += TimeSpan.FromMilliseconds(10))
        {
            if (watch.Check(_now) is { } reached)
            {
                return reached;
            }
        }

        return null;
    }
}
