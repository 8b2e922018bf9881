using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Storage;

// The one reader of trees that somebody hostile has made: what a job leaves, what an archive unpacks to, what lies below an overlay. Every path
// starts at an open directory and is resolved by the kernel with all links refused (openat2(2)), so that whatever is put, moved or replaced in
// the tree, also while it is read, nothing leads out of it. A directory is opened by its whole path, not kept open: a deep tree takes no
// descriptors, and one that is deeper than a path can be long (PATH_MAX) is not entered, and said to be (ENAMETOOLONG).

/// <summary>Opens and lists what is below an open directory, following nothing and waiting for nothing.</summary>
/// <param name="root">Where every path starts; stays the caller's.</param>
/// <param name="scope">Whether paths may cross mounts.</param>
/// <param name="budget">How many names may be looked at.</param>
internal sealed class UntrustedTree(SafeFileHandle root, TreeScope scope, TreeBudget budget)
{
    private const ulong Resolve = OpenHow.Beneath | OpenHow.NoSymlinks | OpenHow.NoMagicLinks;
    private const int BufferBytes = 32 << 10;

    private readonly DirectoryReader _reader = new(BufferBytes);

    /// <summary>Takes a name without its final NUL, which is valid during the call.</summary>
    public delegate void NameAction(ReadOnlySpan<byte> name);

    /// <summary>The last name listed is a directory's, as far as the file system tells.</summary>
    public bool MayBeDirectory => _reader.MayBeDirectory;

    /// <summary>Opens a directory to list it; 0 or the negated errno.</summary>
    /// <param name="path">Below the root; empty for the root.</param>
    /// <param name="directory">The directory.</param>
    public int OpenDirectory(string path, out SafeFileHandle directory) => OpenDirectory(root, Bytes(path), out directory, scope);

    /// <inheritdoc cref="Look(SafeFileHandle, ReadOnlySpan{byte}, out SafeFileHandle, out FileStatus, TreeScope)"/>
    public int Look(string path, out SafeFileHandle file, out FileStatus status) => Look(root, Bytes(path), out file, out status, scope);

    /// <summary>Hands over every name in an open directory but "." and ".."; 0 or the negated errno. Ends early where the budget does, which then says so.</summary>
    public int List(SafeFileHandle directory, NameAction take)
    {
        _reader.Attach(directory);
        while (_reader.Next(out var name))
        {
            if (!budget.Take())
            {
                return 0;
            }

            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                take(name);
            }
        }

        return -_reader.Error;
    }

    /// <summary>Visits a directory and then those that the visit returns, each with all below it before the next.</summary>
    /// <remarks>What waits does so in a list, not on the stack, which a job could exhaust.</remarks>
    public static void Walk<T>(T first, Func<T, IReadOnlyList<T>> visit)
    {
        var waiting = new Stack<T>([first]);
        while (waiting.TryPop(out var next))
        {
            var inner = visit(next);
            for (var i = inner.Count - 1; i >= 0; i--)
            {
                waiting.Push(inner[i]);
            }
        }
    }

    /// <summary>Opens a directory below an open one to list it; 0 or the negated errno.</summary>
    /// <param name="above">Where the path starts.</param>
    /// <param name="path">With a final NUL.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="scope">Whether the path may cross mounts.</param>
    public static int OpenDirectory(SafeFileHandle above, ReadOnlySpan<byte> path, out SafeFileHandle directory, TreeScope scope = TreeScope.OneMount) =>
        Open(above, path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NonBlocking, scope, out directory);

    /// <summary>Opens a directory only to go on from it; 0 or the negated errno.</summary>
    /// <inheritdoc cref="OpenDirectory(SafeFileHandle, ReadOnlySpan{byte}, out SafeFileHandle, TreeScope)"/>
    public static int EnterDirectory(SafeFileHandle above, ReadOnlySpan<byte> path, out SafeFileHandle directory, TreeScope scope = TreeScope.OneMount) =>
        Open(above, path, OpenFlags.Path | OpenFlags.Directory, scope, out directory);

    /// <summary>Looks at what is at a path and holds it, without opening it: that of a device or a FIFO can have effects, or wait for ever. 0 or the negated errno.</summary>
    /// <inheritdoc cref="OpenDirectory(SafeFileHandle, ReadOnlySpan{byte}, out SafeFileHandle, TreeScope)"/>
    public static int Look(
        SafeFileHandle above, ReadOnlySpan<byte> path, out SafeFileHandle file, out FileStatus status, TreeScope scope = TreeScope.OneMount)
    {
        status = default;
        var error = Open(above, path, OpenFlags.Path, scope, out file);
        return error < 0 ? error : Libc.Status(file, out status);
    }

    /// <summary>
    /// Opens for reading the very file that was looked at, through procfs: whatever was put in its place since is not. Only for a regular file. 0 or the
    /// negated errno.
    /// </summary>
    public static int Read(SafeFileHandle seen, out SafeFileHandle file) =>
        Libc.OpenPath(Bytes($"/proc/self/fd/{seen.DangerousGetHandle()}"), OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal, out file);

    /// <summary>Opens a regular file for reading; 0 or the negated errno, EINVAL if it is something else.</summary>
    /// <inheritdoc cref="OpenDirectory(SafeFileHandle, ReadOnlySpan{byte}, out SafeFileHandle, TreeScope)"/>
    public static int OpenRegular(SafeFileHandle above, ReadOnlySpan<byte> path, out SafeFileHandle file, out FileStatus status)
    {
        var error = Look(above, path, out var seen, out status);
        using (seen)
        {
            file = new SafeFileHandle();
            return error < 0 ? error : status.Kind == FileKind.Regular ? Read(seen, out file) : -Errno.EINVAL;
        }
    }

    private static int Open(SafeFileHandle above, ReadOnlySpan<byte> path, int flags, TreeScope scope, out SafeFileHandle file) =>
        Libc.OpenAt2(above, path, flags | OpenFlags.NoFollow, scope == TreeScope.OneMount ? Resolve | OpenHow.NoMountCrossing : Resolve, out file);

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path.Length == 0 ? ".\0" : path + '\0');
}

/// <summary>How far the paths of a tree may lead.</summary>
internal enum TreeScope
{
    /// <summary>Through no mount: EXDEV.</summary>
    OneMount,

    /// <summary>Through mounts: those of a job's root, which is made of them.</summary>
    AllMounts,
}

/// <summary>How many names may still be looked at in trees: a job can leave as many as its disk limit has room for.</summary>
/// <param name="most">Names, at most.</param>
/// <param name="onTaken">Is told of each.</param>
internal sealed class TreeBudget(int most, Action? onTaken = null)
{
    private int _names;

    /// <summary>There were more.</summary>
    public bool IsExceeded => _names > most;

    /// <summary>Takes one off; false if none is left.</summary>
    public bool Take()
    {
        onTaken?.Invoke();
        return ++_names <= most;
    }
}
