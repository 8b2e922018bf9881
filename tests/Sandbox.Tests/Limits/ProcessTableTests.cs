using Microsoft.Win32.SafeHandles;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class ProcessTableTests : IDisposable
{
    private readonly FakeProc _proc = new();
    private readonly SafeFileHandle _directory;
    private readonly ProcessTable _table;

    public ProcessTableTests()
    {
        _directory = _proc.Open();
        _table = new ProcessTable(_directory, init: 0);
    }

    [Fact]
    public void Own_and_reaped_time_of_all_is_added_up_without_inits_own()
    {
        _proc.Set(2, own: 10, reaped: 5);
        _proc.Set(3, own: 1, reaped: 0);
        _proc.Set(1, own: 500, reaped: 7);

        _table.Refresh(exactCpu: false);

        Assert.Equal(TimeSpan.FromMilliseconds(230), _table.Cpu);
    }

    [Fact]
    public void A_child_that_its_parent_has_waited_for_counts_once()
    {
        _proc.Set(2, own: 10, reaped: 0);
        _proc.Set(3, own: 20, reaped: 0);
        _table.Refresh(exactCpu: false);

        _proc.End(3);
        _proc.Set(2, own: 10, reaped: 20);
        _table.Refresh(exactCpu: false);
        _table.Refresh(exactCpu: false);

        Assert.Equal(TimeSpan.FromMilliseconds(300), _table.Cpu);
    }

    [Fact]
    public void A_child_that_nobody_waited_for_keeps_counting()
    {
        _proc.Set(2, own: 10, reaped: 0);
        _proc.Set(3, own: 20, reaped: 0);
        _table.Refresh(exactCpu: false);

        _proc.End(3);
        _table.Refresh(exactCpu: false);
        _table.Refresh(exactCpu: false);

        Assert.Equal(TimeSpan.FromMilliseconds(300), _table.Cpu);
    }

    [Fact]
    public void A_number_used_again_is_another_process()
    {
        // Numbers 2 to 5 are kept open, so 6 is one that is opened anew at every look.
        for (var pid = 2; pid <= 6; pid++)
        {
            _proc.Set(pid, own: 10, reaped: 0);
        }

        _table.Refresh(exactCpu: false);

        _proc.Set(6, own: 1, reaped: 0, start: 8);
        _table.Refresh(exactCpu: false);
        _table.Refresh(exactCpu: false);

        Assert.Equal(TimeSpan.FromMilliseconds(510), _table.Cpu);
    }

    [Fact]
    public void Threads_are_tasks_and_init_is_none()
    {
        _proc.Set(2, own: 0, reaped: 0, threads: 3);
        _proc.Set(3, own: 0, reaped: 0);

        _table.Refresh(exactCpu: false);

        Assert.Equal(4, _table.Tasks);
    }

    [Fact]
    public void Memory_is_added_up_by_kind()
    {
        _proc.Set(2, own: 0, reaped: 0, resident: 100, shared: 40);
        _proc.Set(3, own: 0, reaped: 0, resident: 10, shared: 4);

        _table.Refresh(exactCpu: false);

        Assert.Equal((110, 44), (_table.ResidentPages, _table.SharedPages));
    }

    [Fact]
    public void Memory_is_asked_of_another_thread_when_the_first_has_ended()
    {
        _proc.Set(2, own: 0, reaped: 0, threads: 3, resident: 0);
        _proc.SetTask(2, 2, resident: 0);
        _proc.SetTask(2, 3, resident: 0);
        _proc.SetTask(2, 4, resident: 100, shared: 40);

        _table.Refresh(exactCpu: false);
        _table.Refresh(exactCpu: false);

        Assert.Equal((100, 40), (_table.ResidentPages, _table.SharedPages));
    }

    [Fact]
    public void A_process_that_has_ended_keeps_no_memory()
    {
        _proc.Set(2, own: 0, reaped: 0, resident: 100, shared: 40);
        _table.Refresh(exactCpu: false);
        _proc.Set(2, own: 0, reaped: 0, resident: 0, state: 'Z');

        _table.Refresh(exactCpu: false);

        Assert.Equal((0, 0), (_table.ResidentPages, _table.SharedPages));
    }

    [Fact]
    public void Page_faults_of_all_are_added_up()
    {
        _proc.Set(2, own: 0, reaped: 0, faults: 100, reapedFaults: 10);
        _proc.Set(3, own: 0, reaped: 0, faults: 5);

        _table.Refresh(exactCpu: false);

        Assert.Equal((115, true), (_table.Faults, _table.HasAllFaults));
    }

    [Fact]
    public void Page_faults_of_a_child_that_nobody_waited_for_are_missed()
    {
        _proc.Set(2, own: 0, reaped: 0, faults: 100);
        _proc.Set(3, own: 0, reaped: 0, faults: 50);
        _table.Refresh(exactCpu: false);

        _proc.End(3);
        _table.Refresh(exactCpu: false);
        _table.Refresh(exactCpu: false);

        Assert.False(_table.HasAllFaults);
    }

    [Fact]
    public void Numbers_used_up_between_two_looks_are_unseen_tasks()
    {
        _proc.Set(2, own: 0, reaped: 0, threads: 3);
        _proc.Set(5, own: 0, reaped: 0);
        _table.Refresh(exactCpu: false);
        var before = _table.UnseenTasks;

        _proc.Set(106, own: 0, reaped: 0);
        _table.Refresh(exactCpu: false);

        Assert.Equal((0, 100), (before, _table.UnseenTasks));
    }

    [Fact]
    public void A_thousand_processes_are_all_seen()
    {
        for (var pid = 2; pid < 1002; pid++)
        {
            _proc.Set(pid, own: 1, reaped: 0);
        }

        _table.Refresh(exactCpu: false);

        Assert.Equal(1000, _table.Tasks);
        Assert.Equal(TimeSpan.FromSeconds(10), _table.Cpu);
    }

    [Fact]
    public void Looking_again_allocates_nothing()
    {
        _proc.Set(2, own: 1, reaped: 0);
        _proc.Set(3, own: 1, reaped: 0);
        for (var look = 0; look < 50; look++)
        {
            _table.Refresh(exactCpu: false);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var look = 0; look < 100; look++)
        {
            _table.Refresh(exactCpu: false);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
    }

    public void Dispose()
    {
        _table.Dispose();
        _directory.Dispose();
        _proc.Dispose();
    }
}
