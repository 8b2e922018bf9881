using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Images;

// Below a folder that hides everything there is nothing left for a single absence to hide, and overlayfs does not look for
// one there: seen on Linux 6.18, readdir lists the device as a name that cannot be opened.

/// <summary>Removes absences that are below a folder which hides all lower layers anyway.</summary>
internal static class WhiteoutSweep
{
    private const int BufferBytes = 32 << 10;
    private const ulong Resolve = OpenHow.Beneath | OpenHow.NoSymlinks | OpenHow.NoMagicLinks;

    /// <summary>Goes through a whole tree; 0 or the negated errno.</summary>
    public static int Run(SafeFileHandle root) => Run(root, hidden: false);

    private static int Run(SafeFileHandle folder, bool hidden)
    {
        hidden = hidden || Libc.IsOpaque($"/proc/self/fd/{folder.DangerousGetHandle()}");
        var error = Libc.Status(folder, out var before);
        var reader = new DirectoryReader(BufferBytes);
        reader.Attach(folder);
        while (error == 0 && reader.Next(out var name))
        {
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                error = Look(folder, [.. name, 0], hidden);
        }

        // Taking a name away changes the folder's time.
        return error < 0 ? error : reader.Error > 0 ? -reader.Error : hidden ? Libc.SetModified(folder, before.Modified) : 0;
    }

    private static int Look(SafeFileHandle folder, byte[] name, bool hidden)
    {
        var error = Libc.StatusOfName(folder, name, out var status);
        if (error < 0)
            return error;
        if (status.IsWhiteout)
            return hidden ? Libc.UnlinkAt(folder, name) : 0;
        if (status.Kind != FileKind.Directory)
            return 0;

        error = Libc.OpenAt2(folder, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, Resolve, out var inner);
        using (inner)
            return error < 0 ? error : Run(inner, hidden);
    }
}
