using Microsoft.Win32.SafeHandles;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

/// <summary>What is certain of memory by counters alone; a lag of two processors is 64 pages.</summary>
public sealed class MemoryFloorTests : IDisposable
{
    private const int ForkNoExec = 0x40; // PF_FORKNOEXEC, include/linux/sched.h

    private readonly FakeProc _proc = new();
    private readonly SafeFileHandle _directory;
    private readonly ProcessTable _table;

    public MemoryFloorTests()
    {
        _directory = _proc.Open();
        _table = new ProcessTable(_directory);
    }

    public void Dispose()
    {
        _table.Dispose();
        _directory.Dispose();
        _proc.Dispose();
    }

    [Fact]
    public void The_largest_process_counts()
    {
        Set(2, 10_000);
        Set(3, 9_000);

        Assert.Equal(10_000, Add(new(2, addsGrowth: true)));
    }

    [Fact]
    public void Sizes_of_processes_are_not_added_up()
    {
        var floor = new MemoryFloor(2, addsGrowth: true);
        for (var pid = 2; pid < 10; pid++)
        {
            Set(pid, 10_000);
        }

        Assert.Equal(10_000, Add(floor));
        Assert.Equal(10_000, Add(floor));
    }

    [Fact]
    public void Growth_of_processes_is_added_up()
    {
        var floor = new MemoryFloor(2, addsGrowth: true);
        for (var pid = 2; pid < 6; pid++)
        {
            Set(pid, pid * 2000);
        }

        Add(floor);
        for (var pid = 2; pid < 6; pid++)
        {
            Set(pid, (pid * 2000) + 5000);
        }

        Assert.Equal(4 * (5000 - 64), Add(floor));
    }

    [Fact]
    public void Pages_given_back_and_taken_again_are_new_ones()
    {
        var floor = new MemoryFloor(2, addsGrowth: true);
        Set(2, 1000);
        Set(3, 9000);
        Add(floor);
        Set(3, 100);
        Add(floor);
        Set(2, 6000);
        Set(3, 8100);

        Assert.Equal((5000 - 64) + (8000 - 64), Add(floor));
    }

    [Fact]
    public void A_child_that_may_have_its_parents_memory_does_not_grow_with_it()
    {
        var floor = new MemoryFloor(2, addsGrowth: true);
        Set(2, 1000);
        SetForked(3, 1000, parent: 2);
        Add(floor);
        Set(2, 9000);
        SetForked(3, 9000, parent: 2);

        Assert.Equal(9000, Add(floor));
    }

    [Fact]
    public void Where_a_page_may_come_to_several_at_once_growth_is_not_added_up()
    {
        var floor = new MemoryFloor(2, addsGrowth: false);
        Set(2, 1000);
        Set(3, 5000);
        Add(floor);
        Set(2, 9000);
        Set(3, 14_000);

        Assert.Equal(14_000, Add(floor));
    }

    [Fact]
    public void A_number_that_is_used_again_is_another_process()
    {
        var floor = new MemoryFloor(2, addsGrowth: true);
        Set(2, 5000);
        Set(3, 100);
        Add(floor);
        _proc.Set(3, own: 0, reaped: 0, start: 9, resident: 4000);

        Assert.Equal(5000, Add(floor));
    }

    private void Set(int pid, int pages) => _proc.Set(pid, own: 0, reaped: 0, resident: pages + 300, shared: 300);

    private void SetForked(int pid, int pages, int parent) =>
        _proc.Set(pid, own: 0, reaped: 0, resident: pages + 300, shared: 300, parent: parent, flags: ForkNoExec);

    private long Add(MemoryFloor floor)
    {
        _table.Refresh(exactCpu: false);
        floor.Add(_table.Processes);
        return floor.Pages;
    }
}
