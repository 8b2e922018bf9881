using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Images;

// Below a folder that hides everything there is nothing left for a single absence to hide, and overlayfs does not look for
// one there: seen on Linux 6.18, readdir lists the device as a name that cannot be opened.

/// <summary>Removes absences that are below a folder which hides all lower layers anyway.</summary>
internal sealed class WhiteoutSweep(SafeFileHandle root)
{
    // The limits of an image have counted the entries.
    private readonly UntrustedTree _tree = new(root, TreeScope.OneMount, new(int.MaxValue));
    private int _error;

    /// <summary>Goes through a whole tree; 0 or the negated errno.</summary>
    public static int Run(SafeFileHandle root)
    {
        var sweep = new WhiteoutSweep(root);
        UntrustedTree.Walk(new Folder("", IsHidden: false), sweep.Visit);
        return sweep._error;
    }

    private List<Folder> Visit(Folder folder)
    {
        var inner = new List<Folder>();
        if (_error < 0)
        {
            return inner;
        }

        _error = _tree.OpenDirectory(folder.Path, out var handle);
        using (handle)
        {
            var before = default(FileStatus);
            _error = _error < 0 ? _error : Libc.Status(handle, out before);
            var names = new List<string>();
            _error = _error < 0 ? _error : _tree.List(handle, name => names.Add(Encoding.UTF8.GetString(name)));
            var isHidden = _error == 0 && (folder.IsHidden || Libc.IsOpaque(handle));
            foreach (var name in names)
            {
                _error = _error < 0 ? _error : Look(new(folder.Path.Length == 0 ? name : $"{folder.Path}/{name}", isHidden), handle, EntryPath.Bytes(name), inner);
            }

            // Taking a name away changes the folder's time.
            _error = _error == 0 && isHidden ? Libc.SetModified(handle, before.Modified) : _error;
        }

        return inner;
    }

    private static int Look(Folder found, SafeFileHandle folder, byte[] name, List<Folder> inner)
    {
        var error = Libc.StatusOfName(folder, name, out var status);
        if (error == 0 && status.Kind == FileKind.Directory)
        {
            inner.Add(found);
        }

        return error == 0 && status.IsWhiteout && found.IsHidden ? Libc.UnlinkAt(folder, name) : error;
    }

    private readonly record struct Folder(string Path, bool IsHidden);
}
