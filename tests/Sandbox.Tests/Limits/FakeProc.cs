using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Tests.Limits;

/// <summary>A directory that looks like a procfs to who reads it.</summary>
internal sealed class FakeProc : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public FakeProc() => Set(1, own: 500, reaped: 0);

    public SafeFileHandle Open() => _directory.Open();

    public void Set(int pid, int own, int reaped, int threads = 1, int start = 7, int resident = 0, int shared = 0, char state = 'S', int parent = 1, int faults = 0, int reapedFaults = 0, int flags = 0)
    {
        // Kept descriptors must see the new text: the file is rewritten in place.
        _directory.Write($"{pid}/stat", $"{pid} (x) {state} {parent} 1 1 0 -1 {flags} {faults} {reapedFaults} 0 0 {own} 0 {reaped} 0 20 0 {threads} 0 {start} 0 0\n");
        _directory.Write($"{pid}/statm", $"999999 {resident} {shared} 0 0 0 0\n");
    }

    public void SetTables(int pid, long kib) => _directory.Write($"{pid}/status", $"Name:\tx\nVmLib:\t1 kB\nVmPTE:\t {kib} kB\nVmSwap:\t0 kB\n");

    public void SetShares(int pid, long anonymousKib, long shmemKib) =>
        _directory.Write($"{pid}/smaps_rollup", $"0-1 ---p 0 00:00 0 [rollup]\nRss: 1 kB\nPss_Anon: {anonymousKib} kB\nPss_File: 0 kB\nPss_Shmem: {shmemKib} kB\nSwapPss: 0 kB\n");

    /// <summary>Makes its shares a FIFO: whoever opens it waits for <see cref="UnblockShares"/>.</summary>
    public void BlockShares(int pid) => Process.Start("mkfifo", [Shares(pid)]).WaitForExit();

    // Opened for both, which waits for nobody (fifo(7)): a look may not have come so far, and then finds nothing any more.
    public void UnblockShares(int pid)
    {
        using var end = new FileStream(Shares(pid), FileMode.Open, FileAccess.ReadWrite);
        File.Delete(Shares(pid));
    }

    private string Shares(int pid) => $"{_directory.Path}/{pid}/smaps_rollup";

    public void SetTask(int pid, int task, int resident, int shared = 0) =>
        _directory.Write($"{pid}/task/{task}/statm", $"9999 {resident} {shared} 0 0 0 0\n");

    public void SetDescriptor(int pid, int number, string target) => SetDescriptor($"{pid}", number, target);

    public void SetDescriptor(string process, int number, string target)
    {
        Directory.CreateDirectory($"{_directory.Path}/{process}/fd");
        File.CreateSymbolicLink($"{_directory.Path}/{process}/fd/{number}", target);
    }

    public void CloseDescriptor(int pid, int number) => CloseDescriptor($"{pid}", number);

    public void CloseDescriptor(string process, int number) => File.Delete($"{_directory.Path}/{process}/fd/{number}");

    // A real procfs answers ESRCH on descriptors of a process that is gone; an empty file is as good as that.
    public void End(int pid)
    {
        _directory.Write($"{pid}/stat", "");
        Directory.Delete($"{_directory.Path}/{pid}", recursive: true);
    }

    public void Dispose() => _directory.Dispose();
}
