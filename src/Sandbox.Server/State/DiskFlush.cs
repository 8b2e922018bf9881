using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Server.State;

/// <summary>
/// Waits for the disk (fsync(2)) on behalf of many at once: while it waits for some, others gather, and their directory is waited for once. Safe for use
/// from many threads.
/// </summary>
internal sealed partial class DiskFlush
{
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000; // O_CLOEXEC

    // O_DIRECTORY and O_NOFOLLOW are others on arm64 (asm/fcntl.h).
    private static readonly bool s_isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly int s_directory = s_isArm ? 0x4000 : 0x10000;
    private static readonly int s_noFollow = s_isArm ? 0x8000 : 0x20000;

    private readonly Lock _lock = new();
    private List<Waiter> _waiting = [];
    private bool _isRunning;

    /// <summary>Ends once a file and its name are on the disk; with an <see cref="IOException"/> if the disk does not take them.</summary>
    /// <param name="file">Its absolute path.</param>
    public Task WaitAsync(string file)
    {
        var waiter = new Waiter(file, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            _waiting.Add(waiter);
            if (_isRunning)
            {
                return waiter.Done.Task;
            }

            _isRunning = true;
        }

        // A thread of its own: it does nothing but wait, which those of the pool should not.
        _ = Task.Factory.StartNew(FlushAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return waiter.Done.Task;
    }

    private void FlushAll()
    {
        while (true)
        {
            List<Waiter> batch;
            lock (_lock)
            {
                if (_waiting.Count == 0)
                {
                    _isRunning = false;
                    return;
                }

                (batch, _waiting) = (_waiting, []);
            }

            Flush(batch);
        }
    }

    private static void Flush(List<Waiter> batch)
    {
        foreach (var written in batch.Where(static waiter => TrySync(waiter.File, 0, [waiter])).GroupBy(static waiter => Path.GetDirectoryName(waiter.File)!).ToList())
        {
            if (TrySync(written.Key, s_directory, [.. written]))
            {
                written.ToList().ForEach(static waiter => waiter.Done.SetResult());
            }
        }
    }

    // Opened anew, a file tells of failures of writing that nobody has been told yet (fsync(2), since Linux 4.13).
    private static bool TrySync(string path, int flags, IReadOnlyList<Waiter> waiters)
    {
        using var file = open(path, ReadOnly | CloseOnExec | s_noFollow | flags);
        if (!file.IsInvalid && fsync(file) == 0)
        {
            return true;
        }

        var reason = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        foreach (var waiter in waiters)
        {
            waiter.Done.SetException(new IOException($"{DisplayText.Quote(path)} cannot be brought to the disk: {reason}"));
        }

        return false;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    private readonly record struct Waiter(string File, TaskCompletionSource Done);
}
