using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Destinations;

/// <summary>What is at a name in a directory that is written to, and is written to in its place: a file of a stream, a device, a FIFO.</summary>
internal static class HostFile
{
    private const int Plain = 0x1a4; // 0644

    /// <summary>
    /// Opens a file to write from its start, made if it is missing; never waits. A link is followed only if no job can have made it
    /// (<see cref="HostPathWalk"/>); else a file takes its place. 0 or the negated errno, ENXIO for a FIFO that nobody reads.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <param name="path">The way to it, ending with '/'.</param>
    /// <param name="name">What it is called there.</param>
    /// <param name="file">The file.</param>
    public static int OpenToReplace(HostDirectory directory, string path, string name, out SafeFileHandle file)
    {
        var error = Libc.OpenToReplaceAt(directory.Handle, name, out file);
        if (error != -Errno.ELOOP)
        {
            return error;
        }

        file.Dispose();
        error = OpenLinked(directory, path, name, out var linked);
        using (linked)
        {
            return error switch
            {
                0 => Libc.OpenAgainToReplace(linked, out file),
                -Errno.ELOOP => Replace(directory, name, out file),
                _ => error,
            };
        }
    }

    /// <summary>Opens what a link leads to without reading or writing it (O_PATH); 0 or the negated errno, ELOOP where a job may have made the link.</summary>
    public static int OpenLinked(HostDirectory directory, string path, string name, out SafeFileHandle linked)
    {
        linked = new SafeFileHandle();
        var error = HostPathWalk.Open(path, makes: false, out var walk);
        using (walk)
        {
            return error < 0 ? error : HostDirectory.IsAt(walk.Place, directory.Handle) ? walk.OpenLinked(name, out linked) : -Errno.ELOOP;
        }
    }

    /// <summary>Puts an empty file in the place of whatever is at the name, which is not opened; 0 or the negated errno.</summary>
    public static int Replace(HostDirectory directory, string name, out SafeFileHandle file)
    {
        file = new SafeFileHandle();
        var error = NewFile.Create(directory, Plain, out var created);
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
