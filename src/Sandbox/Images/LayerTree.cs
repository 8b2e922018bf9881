using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;
using Sandbox.Text;

namespace Sandbox.Images;

// Every file of a layer is made by its last component in an open directory, and directories are opened one inside of the other
// (UntrustedTree): whatever a layer has put into its own tree, nothing leads out of it. The directories
// on the way to the last file stay open, since archives go through a tree directory by directory.

/// <summary>The tree of a layer that is being unpacked.</summary>
internal sealed class LayerTree(SafeFileHandle root, string path, ImageOrigin origin) : IDisposable
{
    private const int PlainDirectory = 0x1ed; // 0755

    private static readonly byte[] s_shared = "shared\0"u8.ToArray();

    private readonly List<LayerDirectory> _way = [new LayerDirectory("", root, default)];
    private LayerDirectory? _shared;

    /// <summary>The root of the tree.</summary>
    public LayerDirectory Root => _way[0];

    /// <summary>A directory beside the tree for files that only hard links put into it; gone when the tree is finished.</summary>
    public LayerDirectory Shared => _shared ??= MakeShared();

    /// <summary>Some directory was marked as hiding what lower layers have in it.</summary>
    public bool HidesDirectories { get; private set; }

    /// <summary>Opens the directory that components lead to, making what is missing.</summary>
    /// <exception cref="InvalidImageException">Something on the way is not a directory.</exception>
    public LayerDirectory Enter(ReadOnlySpan<string> directories, string entry, FileTime modified)
    {
        var known = 0;
        while (known < directories.Length && known + 1 < _way.Count && _way[known + 1].Name == directories[known])
        {
            known++;
        }

        Leave(known + 1);
        for (; known < directories.Length; known++)
        {
            _way.Add(OpenOrMake(_way[^1], directories[known], entry, modified));
        }

        return _way[^1];
    }

    /// <summary>The directory at a name, made or taken over; a file that is there is replaced.</summary>
    public LayerDirectory EnterOwn(ReadOnlySpan<string> components, TarEntry entry)
    {
        if (components.Length == 0)
        {
            Leave(1);
            return Root;
        }

        var parent = Enter(components[..^1], entry.Name, entry.Modified);
        var name = EntryPath.Bytes(components[^1]);
        if (Libc.StatusOfName(parent.Handle, name, out var status) == 0 && status.Kind != FileKind.Directory && !status.IsWhiteout)
        {
            Check(Libc.UnlinkAt(parent.Handle, name), "replace", entry.Name);
        }

        return Enter(components, entry.Name, entry.Modified);
    }

    /// <summary>Marks a directory as hiding what lower layers have in it.</summary>
    public void MakeOpaque(LayerDirectory directory, string entry)
    {
        HidesDirectories = true;
        var error = Libc.MakeOpaque(directory.Handle);
        if (error is -Errno.EOPNOTSUPP or -Errno.EPERM)
        {
            throw StoreFailure.Of("the file system cannot mark a directory that hides the ones below", path, -error, Operation.MarkOpaque);
        }

        Check(error, "mark", entry);
    }

    /// <summary>Applies the times of all directories that are open.</summary>
    public void Finish()
    {
        Leave(0);
        if (_shared is null)
        {
            return;
        }

        using var layer = ImageDirectory.Open(path);
        Check(TreeRemoval.Remove(layer, s_shared), "remove", EntryPath.LinkDirectory);
    }

    /// <summary>Throws for a call that the host has refused.</summary>
    public void Check(int result, string verb, string entry)
    {
        if (result < 0)
        {
            throw StoreFailure.Of($"cannot {verb} {Words.Quote(entry)} of the layer", path, -result);
        }
    }

    public void Dispose()
    {
        _shared?.Handle.Dispose();
        foreach (var directory in _way.Skip(1))
        {
            directory.Handle.Dispose();
        }
    }

    private LayerDirectory MakeShared()
    {
        using var layer = ImageDirectory.Open(path);
        Check(Libc.MakePrivateDirectoryAt(layer, s_shared), "make", EntryPath.LinkDirectory);
        return new(EntryPath.LinkDirectory, ImageDirectory.Open(path + "/shared"), default);
    }

    private LayerDirectory OpenOrMake(LayerDirectory parent, string name, string entry, FileTime modified)
    {
        var bytes = EntryPath.Bytes(name);
        var error = UntrustedTree.OpenDirectory(parent.Handle, bytes, out var handle);
        if (error == 0)
        {
            // Its time is put back when it is left, because every file made in it changes that.
            Check(Libc.Status(handle, out var status), "look at", entry);
            return new(name, handle, status.Modified);
        }

        handle.Dispose();
        if (error == -Errno.ENOENT)
        {
            return Make(parent, name, entry, modified);
        }

        if (error is not (-Errno.ENOTDIR or -Errno.ELOOP))
        {
            Check(error, "open the directory of", entry);
        }

        Check(Libc.StatusOfName(parent.Handle, bytes, out var there), "look at the directory of", entry);
        if (!there.IsWhiteout)
        {
            throw origin.RefuseEntry(entry, $"lies below {Words.Quote(name)}, which is {(there.Kind == FileKind.SymbolicLink ? "a symbolic link" : "not a directory")} in this layer");
        }

        // The layer removes what was there and puts a directory of its own in its place.
        Check(Libc.UnlinkAt(parent.Handle, bytes), "replace", entry);
        var directory = Make(parent, name, entry, modified);
        MakeOpaque(directory, entry);
        return directory;
    }

    private LayerDirectory Make(LayerDirectory parent, string name, string entry, FileTime modified)
    {
        var bytes = EntryPath.Bytes(name);
        parent.IsChanged = true;
        Check(Libc.MakePrivateDirectoryAt(parent.Handle, bytes), "make the directory of", entry);
        Check(UntrustedTree.OpenDirectory(parent.Handle, bytes, out var handle), "open the directory of", entry);
        var directory = new LayerDirectory(name, handle, modified) { IsChanged = true };
        Check(Libc.ChangeMode(handle, PlainDirectory), "set the mode of the directory of", entry);
        return directory;
    }

    private void Leave(int depth)
    {
        for (var i = _way.Count - 1; i >= depth; i--)
        {
            var directory = _way[i];
            if (directory.IsChanged)
            {
                Check(Libc.SetModified(directory.Handle, directory.Modified), "set the time of", directory.Name);
            }

            if (i == 0)
            {
                return;
            }

            directory.Handle.Dispose();
            _way.RemoveAt(i);
        }
    }
}
