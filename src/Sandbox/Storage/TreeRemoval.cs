using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Storage;

// A tree may be deeper than there are descriptors, room on the stack, or bytes in a path. So it is never gone down into: what has something in it is moved
// up below the tree's own root, and everything is removed there, two descriptors at a time.

/// <summary>Removes a directory with all that is in it, following no link and entering no mount.</summary>
internal static class TreeRemoval
{
    private const int OwnerAll = 0x1c0; // 0700

    // Each takes something away, unless somebody adds as fast as it is removed.
    private const int MaxRounds = 100_000;

    /// <summary>Removes what is at a name, if anything is; 0 or the negated errno.</summary>
    /// <param name="directory">What it is in.</param>
    /// <param name="name">With a final NUL.</param>
    public static int Remove(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        var error = Unlink(directory, name);
        if (error != -Errno.ENOTEMPTY)
        {
            return error;
        }

        error = Open(directory, name, out var root);
        using (root)
        {
            // A directory may not be read on while it is changed, so what a round has missed is left to the next.
            for (var round = 0; error == 0 && round < MaxRounds; round++)
            {
                error = ForEach(root, inner => Flatten(root, inner));
                if (error == 0 && (error = Unlink(directory, name)) == 0)
                {
                    return 0;
                }

                error = error == -Errno.ENOTEMPTY ? 0 : error;
            }
        }

        return error < 0 ? Gone(error) : -Errno.ENOTEMPTY;
    }

    // Removes a name, or, if it is a directory with something in it, what is directly in it; directories of which the same is true come up below the root.
    private static int Flatten(SafeFileHandle root, byte[] name)
    {
        var error = Unlink(root, name);
        if (error != -Errno.ENOTEMPTY)
        {
            return error;
        }

        error = Open(root, name, out var directory);
        using (directory)
        {
            error = error < 0 ? error : ForEach(directory, inner => Raise(root, directory, inner));
        }

        return error < 0 ? Gone(error) : Unlink(root, name) is var left && left != -Errno.ENOTEMPTY ? left : 0;
    }

    private static int Raise(SafeFileHandle root, SafeFileHandle directory, byte[] name)
    {
        var error = Unlink(directory, name);
        if (error != -Errno.ENOTEMPTY)
        {
            return error;
        }

        // To be moved away it must be writable itself: its ".." changes (rename(2), EACCES).
        error = Open(directory, name, out var inner);
        inner.Dispose();
        return Gone(error < 0 ? error : Libc.RenameAt(directory, name, root, Encoding.ASCII.GetBytes($"{Guid.NewGuid():n}\0")));
    }

    // A file, or an empty directory. Linux answers EISDIR for a directory; EPERM is what POSIX has (unlink(2)).
    private static int Unlink(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        var error = Libc.UnlinkAt(directory, name);
        if (error is -Errno.EISDIR or -Errno.EPERM && Libc.RemoveDirectoryAt(directory, name) is var other and not -Errno.ENOTDIR)
        {
            error = other;
        }

        return Gone(error);
    }

    // Two may remove the same, since whoever finds a leftover does.
    private static int Gone(int error) => error == -Errno.ENOENT ? 0 : error;

    private static int ForEach(SafeFileHandle directory, Func<byte[], int> remove)
    {
        var first = 0;
        var error = new UntrustedTree(directory, TreeScope.OneMount, new(int.MaxValue)).List(directory, name => first = first < 0 ? first : remove([.. name, 0]));
        return first < 0 ? first : error;
    }

    // One that was being made when its process died may lack the rights: it is held first, which needs none of them (O_PATH), and given them.
    private static int Open(SafeFileHandle above, ReadOnlySpan<byte> name, out SafeFileHandle directory)
    {
        var error = UntrustedTree.EnterDirectory(above, name, out var held);
        using (held)
        {
            directory = new SafeFileHandle();
            if (error < 0)
            {
                return error;
            }

            _ = Libc.ChangeModeAt(held, Encoding.ASCII.GetBytes($"/proc/self/fd/{held.DangerousGetHandle()}\0"), OwnerAll);
            return UntrustedTree.OpenDirectory(held, ".\0"u8, out directory);
        }
    }
}
