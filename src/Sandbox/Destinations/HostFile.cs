using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Destinations;

/// <summary>What is at a name in a folder that is written to, and is written to in its place: a file of a stream, a device, a FIFO.</summary>
internal static class HostFile
{
    private const int Plain = 0x1a4; // 0644

    /// <summary>
    /// Opens a file to write from its start, made if it is missing; never waits. A link is followed only if no job can have made it
    /// (<see cref="HostPathWalk"/>); else a file takes its place. 0 or the negated errno, ENXIO for a FIFO that nobody reads.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The way to it, ending with '/'.</param>
    /// <param name="name">What it is called there.</param>
    /// <param name="file">The file.</param>
    public static int OpenToReplace(HostFolder folder, string path, string name, out SafeFileHandle file)
    {
        var error = Libc.OpenToReplaceAt(folder.Handle, name, out file);
        if (error != -Errno.ELOOP)
        {
            return error;
        }

        file.Dispose();
        error = OpenLinked(folder, path, name, out var linked);
        using (linked)
        {
            return error switch
            {
                0 => Libc.OpenAgainToReplace(linked, out file),
                -Errno.ELOOP => TakePlace(folder, name, out file),
                _ => error,
            };
        }
    }

    /// <summary>Opens what a link leads to without reading or writing it (O_PATH); 0 or the negated errno, ELOOP where a job may have made the link.</summary>
    public static int OpenLinked(HostFolder folder, string path, string name, out SafeFileHandle linked)
    {
        linked = new SafeFileHandle();
        var error = HostPathWalk.Open(path, makes: false, out var walk);
        using (walk)
        {
            return error < 0 ? error : HostFolder.IsAt(walk.Place, folder.Handle) ? walk.OpenLinked(name, out linked) : -Errno.ELOOP;
        }
    }

    private static int TakePlace(HostFolder folder, string name, out SafeFileHandle file)
    {
        file = new SafeFileHandle();
        var error = NewFile.Create(folder, Plain, out var created);
        using (created)
        {
            if (error == 0)
            {
                error = created!.Commit(name);
            }

            return error < 0 ? error : Libc.Duplicate(created!.Handle, 3, out file);
        }
    }
}
