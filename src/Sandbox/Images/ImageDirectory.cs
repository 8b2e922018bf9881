using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Images;

// images/
//   layers/DIFFID/tree        a layer as overlayfs wants it      DIFFID/facts   what is known about it
//   configs/DIGEST            an image: its config; its time is that of the last use; a running job holds a shared lock
//   names.json                names of images                    sources/…      which file on the host is which image
//   passing/                  what is being made or removed      locks/         who is making it

/// <summary>The directory of an image store on the host, and how files in it change: whole, or not at all.</summary>
/// <remarks>
/// Who may write to the store, a job that was given a directory above it among them, could put links in it. So the path of the
/// store itself is the user's, and is resolved once; from there on no link is followed (openat2(2), RESOLVE_NO_SYMLINKS).
/// </remarks>
internal sealed class ImageDirectory(string named)
{
    /// <summary>Absolute path, without links as soon as the directory above is there.</summary>
    public string Path { get; private set; } = Resolve(named);

    public string Layers => Path + "/layers";

    public string Configs => Path + "/configs";

    public string Sources => Path + "/sources";

    public string Passing => Path + "/passing";

    public string Locks => Path + "/locks";

    public string Names => Path + "/names.json";

    /// <summary>Makes what is missing.</summary>
    /// <exception cref="SandboxException">The host refuses, or somebody else may write there.</exception>
    public void Make()
    {
        for (var end = named.IndexOf('/', 1); end > 0; end = named.IndexOf('/', end + 1))
        {
            MakeOne(named[..end]);
        }

        Path = Resolve(named);
        Check();
        foreach (var directory in (ReadOnlySpan<string>)[Path, Layers, Configs, Sources, Passing, Locks])
        {
            MakeOne(directory);
        }

        Check();
    }

    /// <summary>
    /// It is there. Throws if it is, but is not the caller's alone: others could have put anything into it. Who may write to the directory above could
    /// put a link to any other directory of the caller's in its place, and have it filled and cleaned.
    /// </summary>
    /// <exception cref="SandboxException">Somebody else may write there.</exception>
    public bool Check() =>
        // The directory of locks is made last: without it the store is being made at this moment, or who made it was killed.
        IsPrivate(System.IO.Path.GetDirectoryName(Path)!) && IsPrivate(Path) && IsPrivate(Layers) && IsPrivate(Configs) && IsPrivate(Sources) &&
        IsPrivate(Passing) && IsPrivate(Locks);

    /// <summary>A name that nothing in the store has, and that nobody can guess.</summary>
    public static string PassingName(string what) => $"{what}-{Guid.NewGuid():n}";

    /// <summary>Opens one of the directories to work in.</summary>
    public static SafeFileHandle Open(string directory)
    {
        var error = OpenDirectory(directory, out var handle);
        return error == 0 ? handle : throw StoreFailure.Of("a directory of the image store cannot be opened", directory, -error);
    }

    /// <summary>Opens a directory of the store to list and to lock; 0 or the negated errno.</summary>
    public static int OpenDirectory(string directory, out SafeFileHandle handle) =>
        Libc.OpenWithoutLinks(Bytes(directory), OpenFlags.ReadOnly | OpenFlags.Directory, out handle);

    /// <summary>Opens a file of the store for reading; 0 or the negated errno.</summary>
    public static int OpenFile(string file, out SafeFileHandle handle) =>
        Libc.OpenWithoutLinks(Bytes(file), OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal, out handle);

    /// <summary>Moves something to another place in the store; 0 or the negated errno.</summary>
    public static int Move(string from, string to)
    {
        var error = OpenDirectory(Above(from), out var source);
        using (source)
        {
            if (error < 0)
            {
                return error;
            }

            error = OpenDirectory(Above(to), out var directory);
            using (directory)
            {
                return error < 0 ? error : Libc.RenameAt(source, NameOf(from), directory, NameOf(to));
            }
        }
    }

    /// <summary>The names in one of the directories; none if it is not there.</summary>
    public static IReadOnlyList<string> List(string directory)
    {
        var error = OpenDirectory(directory, out var handle);
        using (handle)
        {
            return error < 0 ? [] : StoreDirectory.Names(handle);
        }
    }

    /// <summary>A small file, or null if it is not there.</summary>
    public static byte[]? Read(string file)
    {
        var error = OpenFile(file, out var handle);
        using (handle)
        {
            if (error == -Errno.ENOENT)
            {
                return null;
            }

            var status = default(FileStatus);
            if (error == 0)
            {
                error = Libc.Status(handle, out status);
            }

            return error < 0 ? throw StoreFailure.Of("a file of the image store cannot be read", file, -error) : ReadAll(handle, status.Size, file);
        }
    }

    /// <summary>
    /// Puts a small file in its place in one step, and on the disk: the power may fail at any moment. Under the lock of the
    /// store, or what is written might be taken for a leftover.
    /// </summary>
    public void Write(string file, ReadOnlySpan<byte> bytes)
    {
        var passing = PassingName("file");
        using var directory = Open(Passing);
        var error = Libc.CreateAt(directory, passing, 0x180, out var handle);
        using (handle)
        {
            if (error == 0)
            {
                error = Libc.WriteAll(handle, bytes);
            }

            if (error == 0)
            {
                error = Libc.Sync(handle);
            }

            if (error == 0)
            {
                error = Move($"{Passing}/{passing}", file);
            }
        }

        if (error == 0)
        {
            return;
        }

        _ = Libc.UnlinkAt(directory, passing);
        throw StoreFailure.Of("a file of the image store cannot be written", file, -error);
    }

    /// <summary>Removes a file, if it is there.</summary>
    public static void Remove(string file)
    {
        var error = OpenDirectory(Above(file), out var directory);
        using (directory)
        {
            if (error == 0)
            {
                error = Libc.UnlinkAt(directory, NameOf(file));
            }
        }

        if (error is < 0 and not -Errno.ENOENT)
        {
            throw StoreFailure.Of("a file of the image store cannot be removed", file, -error);
        }
    }

    /// <summary>Takes a lock of the store, waiting for who has it.</summary>
    public StoreLock Lock(string name) => Lock(name, Libc.LockAlone)!;

    /// <summary>Removes the files of locks that nobody holds; whoever waits for one makes a new one.</summary>
    public void SweepLocks(string kept)
    {
        foreach (var name in List(Locks).Where(name => name != kept))
        {
            using var free = Lock(name, Libc.TryLock);
            if (free is not null)
            {
                Remove($"{Locks}/{name}");
            }
        }
    }

    /// <summary>A path for system calls.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text + '\0');

    // Null where it has a holder and is not waited for.
    private StoreLock? Lock(string name, Func<SafeFileHandle, int> take)
    {
        var path = $"{Locks}/{name}";
        using var step = HostWatch.EnterLock(path);
        var error = OpenDirectory(Locks, out var locks);
        using (locks)
        {
            StoreLock? taken = null;
            error = error < 0 ? error : StoreLock.Take(locks, name, take, out taken);
            return error is 0 or -Errno.EAGAIN ? taken : throw StoreFailure.Of("a lock of the image store cannot be taken", path, -error);
        }
    }

    private static string Resolve(string named)
    {
        var store = System.IO.Path.GetDirectoryName(named)!;
        return Libc.RealPath(store) is { } there ? $"{there.TrimEnd('/')}/{System.IO.Path.GetFileName(named)}" : named;
    }

    private static string Above(string path) => path[..path.LastIndexOf('/')];

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static bool IsPrivate(string directory)
    {
        var error = Libc.OpenWithoutLinks(Bytes(directory), OpenFlags.Path | OpenFlags.Directory, out var handle);
        var status = default(FileStatus);
        using (handle)
        {
            if (error == 0)
            {
                error = Libc.Status(handle, out status);
            }
        }

        if (error == -Errno.ENOENT)
        {
            return false;
        }

        if (error < 0)
        {
            throw StoreFailure.Of("the image store cannot be opened", directory, -error);
        }

        if (!StoreDirectory.IsPrivate(status))
        {
            throw StoreFailure.Of("the image store belongs to, or can be written by, somebody else",
                directory, Errno.EPERM,
                Operation.ShareImageStore);
        }

        return true;
    }

    private static byte[] ReadAll(SafeFileHandle handle, long size, string file)
    {
        const int largest = 16 << 20;
        var bytes = new byte[Math.Clamp(size, 0, largest)];
        for (var filled = 0; filled < bytes.Length;)
        {
            var count = Libc.Read(handle, bytes.AsSpan(filled));
            if (count < 0)
            {
                throw StoreFailure.Of("a file of the image store cannot be read", file, -count);
            }

            if (count == 0)
            {
                return bytes[..filled];
            }

            filled += count;
        }

        return bytes;
    }

    private static void MakeOne(string directory)
    {
        var error = Libc.StatusOf(directory, out _);
        if (error == -Errno.ENOENT)
        {
            error = Libc.MakePrivateDirectory(Bytes(directory));
        }

        if (error is < 0 and not -Errno.EEXIST)
        {
            throw StoreFailure.Of("the image store cannot be made", directory, -error);
        }
    }
}
