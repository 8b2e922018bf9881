using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class MemfdLedgerTests : IDisposable
{
    private const int Bytes = 1 << 20;

    private readonly FakeProc _proc = new();
    private readonly SafeFileHandle _directory;
    private readonly ProcessTable _table;
    private readonly MemfdLedger _ledger = new();
    private readonly List<SafeFileHandle> _files = [];

    public MemfdLedgerTests()
    {
        _directory = _proc.Open();
        _table = new ProcessTable(_directory, init: 0);
        for (var pid = 2; pid <= 3; pid++)
        {
            _proc.Set(pid, own: 0, reaped: 0);
        }

        _table.Refresh(exactCpu: false);
    }

    [Fact]
    public void A_memfd_that_nobody_maps_is_counted()
    {
        _proc.SetDescriptor(2, 5, NewMemfd());

        Refresh();

        Assert.Equal(Bytes, _ledger.Bytes);
    }

    [Fact]
    public void A_memfd_open_in_two_processes_counts_once()
    {
        var memfd = NewMemfd();
        _proc.SetDescriptor(2, 5, memfd);
        _proc.SetDescriptor(2, 6, memfd);
        _proc.SetDescriptor(3, 5, memfd);

        Refresh();

        Assert.Equal(Bytes, _ledger.Bytes);
    }

    [Fact]
    public void Other_files_do_not_count()
    {
        using var directory = new TemporaryDirectory();
        _proc.SetDescriptor(2, 5, directory.Write("memfd:x", new string('x', Bytes)));
        _proc.SetDescriptor(2, 6, "/dev/null");
        _proc.SetDescriptor(2, 7, "/nowhere");

        Refresh();

        Assert.Equal(0, _ledger.Bytes);
    }

    [Fact]
    public void A_memfd_replaced_by_another_is_not_counted_beside_it()
    {
        _proc.SetDescriptor(2, 5, NewMemfd());
        Refresh();

        _proc.CloseDescriptor(2, 5);
        _proc.SetDescriptor(2, 5, NewMemfd());
        Refresh();

        Assert.Equal(Bytes, _ledger.Bytes);
    }

    [Fact]
    public void A_memfd_that_only_one_thread_holds_is_found()
    {
        for (var task = 2; task <= 5; task++)
        {
            _proc.SetTask(2, task, resident: 1);
        }

        _proc.SetDescriptor("2/task/4", 5, NewMemfd());
        _proc.Set(2, own: 0, reaped: 0, threads: 4);
        _table.Refresh(exactCpu: false);

        for (var look = 0; look < 4; look++)
        {
            Refresh();
        }

        var found = _ledger.Bytes;
        Refresh();

        Assert.Equal((Bytes, Bytes), (found, _ledger.Bytes));
    }

    [Fact]
    public void A_full_look_forgets_what_is_closed_everywhere()
    {
        for (var task = 2; task <= 3; task++)
        {
            _proc.SetTask(2, task, resident: 1);
        }

        _proc.SetDescriptor("2/task/3", 5, NewMemfd());
        _proc.SetDescriptor(3, 5, NewMemfd());
        _proc.Set(2, own: 0, reaped: 0, threads: 2);
        _table.Refresh(exactCpu: false);
        Refresh();
        Refresh();
        var before = _ledger.Bytes;

        _proc.CloseDescriptor("2/task/3", 5);
        _ledger.RefreshFully(_table, _directory);

        Assert.Equal((2 * Bytes, Bytes), (before, _ledger.Bytes));
    }

    [Fact]
    public void Work_per_look_is_bounded_and_goes_on_where_it_stopped()
    {
        for (var number = 10; number < 20; number++)
        {
            _proc.SetDescriptor(2, number, NewMemfd());
            _proc.SetDescriptor(3, number, NewMemfd());
        }

        _ledger.Refresh(_table, _directory, budget: 6);
        var first = _ledger.Bytes;
        for (var look = 0; look < 5; look++)
        {
            _ledger.Refresh(_table, _directory, budget: 6);
        }

        Assert.InRange(first, 1, 6 * Bytes);
        Assert.Equal(20 * Bytes, _ledger.Bytes);
    }

    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }

        _table.Dispose();
        _directory.Dispose();
        _proc.Dispose();
    }

    private void Refresh() => _ledger.Refresh(_table, _directory, budget: 1000);

    private string NewMemfd()
    {
        Assert.Equal(0, Libc.CreateMemoryFile("test\0"u8, out var file));
        Assert.Equal(0, Libc.WriteAll(file, new byte[Bytes]));
        _files.Add(file);
        return $"/proc/self/fd/{file.DangerousGetHandle()}";
    }
}
