using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Isolate;

/// <summary>
/// Walks a tree that a job may have made, however deep, and whatever its names and modes: from one open directory to the next, without following a link, with one
/// descriptor at a time and as much memory as the names of directories that are still to come. Nothing may change it meanwhile but who walks.
/// </summary>
internal static class BoxTree
{
    // Another program of the host may add files as fast as they are removed.
    private const int MostTries = 16;

    private const uint OwnerDirectory = 0x1c0; // rwx------
    private const uint OwnerFile = 0x100; // r--------
    private const uint SetIds = 0xc00; // set-user-ID, set-group-ID

    /// <summary>Removes what is below a directory, and not the directory.</summary>
    /// <exception cref="IsolateException">Something cannot be removed.</exception>
    public static void Empty(SafeFileHandle directory)
    {
        for (var tries = 0; !Walk(directory, new Removal()); tries++)
        {
            if (tries == MostTries)
            {
                throw new IsolateException("the box cannot be emptied: somebody else fills it");
            }
        }
    }

    /// <summary>Gives a directory and all below it to a job, as it is.</summary>
    /// <exception cref="IsolateException">Something cannot be changed.</exception>
    public static void Hand(SafeFileHandle directory, uint id)
    {
        IsolateException.Check(TreeCalls.Give(directory, id, id), "the box cannot change its owner");
        _ = Walk(directory, new Gift((id, id), keepsSpecialFiles: true, changesModes: false));
    }

    /// <summary>Gives a directory and all below it back to somebody; what was made to be neither read nor changed by its owner can be afterwards.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="owner">To whom; null for whoever has it.</param>
    /// <param name="keepsSpecialFiles">Links, FIFOs, sockets and devices stay; else they are removed.</param>
    /// <exception cref="IsolateException">Something cannot be changed.</exception>
    public static void Give(SafeFileHandle directory, (uint Uid, uint Gid)? owner, bool keepsSpecialFiles)
    {
        if (owner is { } id)
        {
            IsolateException.Check(TreeCalls.Give(directory, id.Uid, id.Gid), "the box cannot change its owner");
        }

        // A job may have closed the box itself.
        IsolateException.Check(TreeCalls.Status(directory, out var entry), "the box cannot be looked at");
        if ((entry.Mode & OwnerDirectory) != OwnerDirectory)
        {
            IsolateException.Check(TreeCalls.ChangeMode(directory, entry.Mode | OwnerDirectory), "the box cannot be made readable");
        }

        _ = Walk(directory, new Gift(owner, keepsSpecialFiles, changesModes: true));
    }

    // False if a directory that was to go was not empty.
    private static bool Walk(SafeFileHandle root, IVisitor visitor)
    {
        IsolateException.Check(TreeCalls.Status(root, out var top), "the box cannot be looked at");
        IsolateException.Check(TreeCalls.OpenDirectory(root, "."u8, out var current), "the box cannot be read");
        var above = new Stack<Level>();
        var level = new Level([], top, Look(current, top, visitor));
        var isDone = true;
        try
        {
            while (true)
            {
                if (level.Below.TryPop(out var name))
                {
                    IsolateException.Check(TreeCalls.OpenDirectory(current, name, out var next), "a directory of the box cannot be read");
                    current.Dispose();
                    current = next;
                    IsolateException.Check(TreeCalls.Status(current, out var entry), "a directory of the box cannot be looked at");
                    above.Push(level);
                    level = new Level(name, entry, Look(current, top, visitor));
                    continue;
                }

                if (!above.TryPop(out var upper))
                {
                    return isDone;
                }

                IsolateException.Check(TreeCalls.OpenDirectory(current, ".."u8, out var parent), "a directory of the box cannot be left");
                current.Dispose();
                current = parent;
                IsolateException.Check(TreeCalls.Status(current, out var found), "a directory of the box cannot be looked at");
                if (!found.Is(upper.Entry))
                {
                    throw new IsolateException("the box was changed by somebody else");
                }

                isDone &= visitor.Leave(current, level.Name);
                level = upper;
            }
        }
        finally
        {
            current.Dispose();
        }
    }

    // Everything in one directory; those below it are returned.
    private static Stack<byte[]> Look(SafeFileHandle directory, TreeEntry top, IVisitor visitor)
    {
        var below = new Stack<byte[]>();
        foreach (var name in TreeNames.Of(directory))
        {
            // What is mounted there is none of the box's.
            if (TreeCalls.Status(directory, name, out var entry) == 0 && visitor.Visit(directory, name, entry) && entry.IsOnDeviceOf(top))
            {
                below.Push(name);
            }
        }

        return below;
    }

    private sealed record Level(byte[] Name, TreeEntry Entry, Stack<byte[]> Below);

    private interface IVisitor
    {
        /// <summary>True for a directory that is to be entered.</summary>
        bool Visit(SafeFileHandle directory, ReadOnlySpan<byte> name, TreeEntry entry);

        /// <summary>All of the directory was visited; false if it should have gone and did not.</summary>
        bool Leave(SafeFileHandle above, ReadOnlySpan<byte> name);
    }

    private sealed class Removal : IVisitor
    {
        public bool Visit(SafeFileHandle directory, ReadOnlySpan<byte> name, TreeEntry entry)
        {
            if (!entry.IsDirectory)
            {
                Gone(TreeCalls.Remove(directory, name, isDirectory: false));
                return false;
            }

            if ((entry.Mode & OwnerDirectory) != OwnerDirectory)
            {
                _ = TreeCalls.ChangeMode(directory, name, OwnerDirectory);
            }

            return true;
        }

        public bool Leave(SafeFileHandle above, ReadOnlySpan<byte> name)
        {
            var error = TreeCalls.Remove(above, name, isDirectory: true);
            return error == -TreeCalls.ENOTEMPTY ? false : Gone(error);
        }

        private static bool Gone(int error)
        {
            if (error != -TreeCalls.ENOENT)
            {
                IsolateException.Check(error, "a file of the box cannot be removed");
            }

            return true;
        }
    }

    private sealed class Gift((uint Uid, uint Gid)? owner, bool keepsSpecialFiles, bool changesModes) : IVisitor
    {
        public bool Visit(SafeFileHandle directory, ReadOnlySpan<byte> name, TreeEntry entry)
        {
            if (!entry.IsDirectory && !entry.IsRegular && !keepsSpecialFiles)
            {
                IsolateException.Check(TreeCalls.Remove(directory, name, isDirectory: false), "a file of the box cannot be removed");
                return false;
            }

            // The mode first: while the file is still its maker's, nobody else is helped by a set-user-ID bit.
            var mode = entry.IsDirectory ? entry.Mode | OwnerDirectory : (entry.Mode & ~SetIds) | OwnerFile;
            if (changesModes && (entry.IsDirectory || entry.IsRegular) && mode != entry.Mode)
            {
                IsolateException.Check(TreeCalls.ChangeMode(directory, name, mode), "a file of the box cannot be made readable");
            }

            if (owner is { } id && (entry.Uid != id.Uid || entry.Gid != id.Gid))
            {
                IsolateException.Check(TreeCalls.Give(directory, name, id.Uid, id.Gid), "a file of the box cannot change its owner");
            }

            return entry.IsDirectory;
        }

        public bool Leave(SafeFileHandle above, ReadOnlySpan<byte> name) => true;
    }
}
