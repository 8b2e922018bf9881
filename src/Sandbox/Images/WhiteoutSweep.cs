using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Images;

// Below a directory that hides everything there is nothing left for a single absence to hide, and overlayfs does not look for
// one there: seen on Linux 6.18, readdir lists the device as a name that cannot be opened.

/// <summary>Removes absences that are below a directory which hides all lower layers anyway.</summary>
internal sealed class WhiteoutSweep(SafeFileHandle root)
{
    // The limits of an image have counted the entries.
    private readonly UntrustedTree _tree = new(root, TreeScope.OneMount, new(int.MaxValue));
    private int _error;

    /// <summary>Goes through a whole tree; 0 or the negated errno.</summary>
    public static int Run(SafeFileHandle root)
    {
        var sweep = new WhiteoutSweep(root);
        UntrustedTree.Walk(new Directory("", IsHidden: false), sweep.Visit);
        return sweep._error;
    }

    private List<Directory> Visit(Directory directory)
    {
        var inner = new List<Directory>();
        if (_error < 0)
        {
            return inner;
        }

        _error = _tree.OpenDirectory(directory.Path, out var handle);
        using (handle)
        {
            var before = default(FileStatus);
            _error = _error < 0 ? _error : Libc.Status(handle, out before);
            var names = new List<string>();
            _error = _error < 0 ? _error : _tree.List(handle, name => names.Add(Encoding.UTF8.GetString(name)));
            var isHidden = _error == 0 && (directory.IsHidden || Libc.IsOpaque(handle));
            foreach (var name in names)
            {
                _error = _error < 0 ? _error : Look(new(directory.Path.Length == 0 ? name : $"{directory.Path}/{name}", isHidden), handle, EntryPath.Bytes(name), inner);
            }

            // Taking a name away changes the directory's time.
            _error = _error == 0 && isHidden ? Libc.SetModified(handle, before.Modified) : _error;
        }

        return inner;
    }

    private static int Look(Directory found, SafeFileHandle directory, byte[] name, List<Directory> inner)
    {
        var error = Libc.StatusOfName(directory, name, out var status);
        if (error == 0 && status.Kind == FileKind.Directory)
        {
            inner.Add(found);
        }

        return error == 0 && status.IsWhiteout && found.IsHidden ? Libc.UnlinkAt(directory, name) : error;
    }

    private readonly record struct Directory(string Path, bool IsHidden);
}
