using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Images;

/// <summary>Removes a folder with all that is in it, following no link.</summary>
internal static class TreeRemoval
{
    private const int BufferBytes = 32 << 10;
    private const int MostRounds = 100;
    private const ulong Resolve = OpenHow.Beneath | OpenHow.NoSymlinks | OpenHow.NoMagicLinks;
    private const int OwnerAll = 0x1c0; // 0700

    /// <summary>Removes what is at a name, if anything is; 0 or the negated errno.</summary>
    public static int Remove(SafeFileHandle folder, ReadOnlySpan<byte> name)
    {
        var error = Libc.UnlinkAt(folder, name);
        if (error is 0 or -Errno.ENOENT)
        {
            return 0;
        }
        // Linux answers EISDIR for a folder; EPERM is what POSIX has (unlink(2)).
        return error is -Errno.EISDIR or -Errno.EPERM ? RemoveFolder(folder, name) : error;
    }

    private static int RemoveFolder(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        var error = Libc.OpenAt2(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, Resolve, out var folder);
        using (folder)
        {
            if (error < 0)
            {
                return error;
            }

            // A directory may not be read on while it is changed, so what a round has missed is left to the next.
            for (var round = 0; round < MostRounds; round++)
            {
                error = Empty(folder);
                if (error < 0)
                {
                    return error;
                }

                error = Libc.RemoveDirectoryAt(parent, name);
                if (error != -Errno.ENOTEMPTY)
                {
                    return error == -Errno.ENOENT ? 0 : error;
                }
            }

            return error;
        }
    }

    private static int Empty(SafeFileHandle folder)
    {
        // A folder that was being made when its process died may lack the right.
        _ = Libc.ChangeMode(folder, OwnerAll);
        var reader = new DirectoryReader(BufferBytes);
        reader.Attach(folder);
        while (reader.Next(out var name))
        {
            if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            {
                continue;
            }

            byte[] terminated = [.. name, 0];
            if (Remove(folder, terminated) is var error && error < 0)
            {
                return error;
            }
        }

        return -reader.Error;
    }
}

/// <summary>Something in the folder of passing things that is to be removed by who holds it locked, and nobody else.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Lock">The open folder, locked; null for a file.</param>
internal sealed record Leftover(string Name, SafeFileHandle? Lock) : IDisposable
{
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
