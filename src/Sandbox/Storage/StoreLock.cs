using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Storage;

// flock(2): the kernel gives a lock back when its holder dies, whatever way. Lock files may be removed by whoever holds
// them, so a lock on one that has no name any more is no lock.

/// <summary>Something in a store that is done by one process, or thread, at a time, or by several while nobody does another thing.</summary>
internal sealed class StoreLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private StoreLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes a lock, whose file is made if it is missing, and never emptied: one that somebody has put, or linked, there is not ours. 0 or the negated errno.</summary>
    /// <param name="directory">Where the file is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="take">Shared or alone, with or without waiting.</param>
    /// <param name="taken">The lock; null if it could not be taken.</param>
    public static int Take(SafeFileHandle directory, string name, Func<SafeFileHandle, int> take, out StoreLock? taken)
    {
        while (true)
        {
            taken = null;
            var error = Libc.OpenToLockAt(directory, name, out var file);
            error = error < 0 ? error : take(file);
            var status = default(FileStatus);
            error = error < 0 ? error : Libc.Status(file, out status);
            if (error == 0 && status.LinkCount > 0)
            {
                taken = new(file);
                return 0;
            }

            file.Dispose();
            if (error < 0)
            {
                return error;
            }
        }
    }

    public void Dispose()
    {
        _ = Libc.Unlock(_file);
        _file.Dispose();
    }
}
