using Microsoft.Win32.SafeHandles;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class PageTablesTests : IDisposable
{
    private const int PagesPerMebibyte = 256;

    private readonly FakeProc _proc = new();
    private readonly SafeFileHandle _directory;
    private readonly ProcessTable _table;

    public PageTablesTests()
    {
        _directory = _proc.Open();
        _table = new ProcessTable(_directory, init: 0);
    }

    public void Dispose()
    {
        _table.Dispose();
        _directory.Dispose();
        _proc.Dispose();
    }

    [Fact]
    public void They_are_read_from_the_kernels_own_file() =>
        Assert.InRange(PageTables.Find(File.ReadAllBytes("/proc/self/status")), 4096, 1L << 30);

    [Fact]
    public void Where_the_kernel_does_not_show_them_there_are_none() => Assert.Equal(0, PageTables.Find("Name:\tx\nVmRSS:\t5 kB\n"u8));

    [Fact]
    public void They_are_part_of_a_jobs_memory()
    {
        Set(2, resident: PagesPerMebibyte, anonymous: 1, tables: 70);

        Assert.Equal(71L << 20, Measure(limit: 64L << 20));
    }

    // Nothing of the process is worth a walk that takes a second.
    [Fact]
    public void Those_of_a_process_that_can_decide_nothing_are_not_walked()
    {
        Set(2, resident: 50 * PagesPerMebibyte, anonymous: 25, tables: 1);
        Set(3, resident: 50 * PagesPerMebibyte, anonymous: 25, tables: 1);
        Set(4, resident: PagesPerMebibyte, anonymous: 0, tables: 3);

        // The pages of the smallest are taken as they are; those of the others are walked and found to be shared.
        Assert.Equal((25L + 25 + 1 + 5) << 20, Measure(limit: 64L << 20));
    }

    [Fact]
    public void Tables_of_a_size_that_takes_long_to_walk_are_left_alone()
    {
        Set(2, resident: 50 * PagesPerMebibyte, anonymous: 10, tables: 33);

        Assert.Equal((50L + 33) << 20, Measure(limit: 64L << 20));
    }

    private void Set(int pid, int resident, long anonymous, int tables)
    {
        _proc.Set(pid, own: 0, reaped: 0, resident: resident);
        _proc.SetShares(pid, anonymous << 10, 0);
        _proc.SetTables(pid, tables << 10);
    }

    private long Measure(long limit)
    {
        using var gauge = new MemoryGauge(new() { ProcFs = _directory }, _table, hostSwaps: false);
        _table.Refresh(exactCpu: false);
        gauge.Measure(TimeSpan.FromSeconds(1), limit);
        return gauge.Bytes;
    }
}
