using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Storage;

/// <summary>The directories of a store, under stored files and images alike: whose they are, what is in them, and what nobody will finish.</summary>
internal static class StoreDirectory
{
    private const int WritableByOthers = 0x12; // 0022
    private const int BufferBytes = 32 << 10;

    /// <summary>It is this user's, and nobody else may write to it. Asked of what was opened, not of a path.</summary>
    public static bool IsPrivate(SafeFileHandle directory) => Libc.Status(directory, out var status) == 0 && IsPrivate(status);

    /// <inheritdoc cref="IsPrivate(SafeFileHandle)"/>
    public static bool IsPrivate(in FileStatus status) => status.Owner == Libc.EffectiveUid() && (status.Mode & WritableByOthers) == 0;

    /// <summary>
    /// Opens a directory of a store; 0 or the negated errno, EPERM if it is not this user's alone: whoever may write to one, or could put a link in its
    /// place, could have files of the caller written and removed.
    /// </summary>
    public static int Open(SafeFileHandle above, string name, out SafeFileHandle directory)
    {
        var error = Libc.OpenAt(above, Encoding.UTF8.GetBytes(name + '\0'), OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, out directory);
        return error < 0 ? error : IsPrivate(directory) ? 0 : -Errno.EPERM;
    }

    /// <summary>The names in one; none if it cannot be read.</summary>
    public static List<string> Names(SafeFileHandle directory)
    {
        var names = new List<string>();
        var error = Libc.OpenAt(directory, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var listing);
        using (listing)
        {
            if (error < 0)
            {
                return names;
            }

            var reader = new DirectoryReader(BufferBytes);
            reader.Attach(listing);
            while (reader.Next(out var name))
            {
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    names.Add(Encoding.UTF8.GetString(name));
                }
            }
        }

        return names;
    }

    /// <summary>
    /// What is in a directory and locked by nobody: who makes something there locks it while it has the lock of the store, and the kernel gives
    /// a lock up however its holder ends (flock(2)). The store is the caller's alone.
    /// </summary>
    public static List<Leftover> Leftovers(SafeFileHandle directory)
    {
        var left = new List<Leftover>();
        foreach (var name in Names(directory))
        {
            var error = Libc.OpenToReadAt(directory, name, out var file);
            if (error == 0 && Libc.TryLock(file) == 0)
            {
                left.Add(new(name, file));
                continue;
            }

            file.Dispose();
            if (error is -Errno.ELOOP or -Errno.ENXIO)
            {
                left.Add(new(name, null)); // a link or a socket: nothing of ours
            }
        }

        return left;
    }

    /// <summary>Frees what was moved to a directory to be removed. That takes long for a large file, and nobody need wait for it: no lock is needed.</summary>
    public static void Empty(SafeFileHandle trash)
    {
        foreach (var name in Names(trash))
        {
            _ = TreeRemoval.Remove(trash, Encoding.UTF8.GetBytes(name + '\0'));
        }
    }
}

/// <summary>Something that is to be removed by who holds it locked, and nobody else.</summary>
/// <param name="Name">Its name where it is.</param>
/// <param name="Lock">The open file or directory, locked; null if it cannot be.</param>
internal sealed record Leftover(string Name, SafeFileHandle? Lock) : IDisposable
{
    /// <summary>Removes it; 0 or the negated errno.</summary>
    public int Remove(SafeFileHandle directory) => TreeRemoval.Remove(directory, Encoding.UTF8.GetBytes(Name + '\0'));

    public void Dispose()
    {
        if (Lock is null)
        {
            return;
        }

        _ = Libc.Unlock(Lock);
        Lock.Dispose();
    }
}
