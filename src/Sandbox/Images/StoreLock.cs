using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Images;

// flock(2): the kernel gives a lock back when its holder dies, whatever way. Lock files may be removed by whoever holds
// them, so a lock on one that has no name any more is no lock.

/// <summary>Something in the store that one process, or thread, does at a time.</summary>
internal sealed class StoreLock : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;

    private StoreLock(SafeFileHandle file, string path) => (_file, _path) = (file, path);

    /// <summary>Waits for the lock.</summary>
    public static StoreLock Take(ImageFolder store, string name) => Take($"{store.Locks}/{name}", Libc.LockAlone)!;

    /// <summary>Takes the lock if nobody has it.</summary>
    public static StoreLock? TryTake(ImageFolder store, string name) => Take($"{store.Locks}/{name}", Libc.TryLock);

    /// <summary>Removes the lock's file; whoever waits for it makes a new one.</summary>
    public void Forget() => ImageFolder.Remove(_path);

    public void Dispose()
    {
        _ = Libc.Unlock(_file);
        _file.Dispose();
    }

    // Never emptied: a file that somebody has put, or linked, here is not ours.
    private static int OpenFile(string path, out SafeFileHandle file)
    {
        var slash = path.LastIndexOf('/');
        file = new SafeFileHandle();
        var error = ImageFolder.OpenFolder(path[..slash], out var locks);
        using (locks)
        {
            return error < 0 ? error : Libc.OpenToLockAt(locks, path[(slash + 1)..], out file);
        }
    }

    private static StoreLock? Take(string path, Func<SafeFileHandle, int> take)
    {
        while (true)
        {
            using var step = HostWatch.EnterLock(path);
            var error = OpenFile(path, out var file);
            if (error == 0)
            {
                error = take(file);
            }

            var status = default(FileStatus);
            if (error == 0)
            {
                error = Libc.Status(file, out status);
            }

            if (error == 0 && status.LinkCount > 0)
            {
                return new(file, path);
            }

            file.Dispose();
            if (error == -Errno.EAGAIN)
            {
                return null;
            }

            if (error < 0)
            {
                throw StoreFailure.Of("a lock of the image store cannot be taken", path, -error);
            }
        }
    }
}
