using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;
using Sandbox.Text;

namespace Sandbox.Images;

// Every file of a layer is made by its last component in an open folder, and folders are opened one inside of the other
// (UntrustedTree): whatever a layer has put into its own tree, nothing leads out of it. The folders
// on the way to the last file stay open, since archives go through a tree folder by folder.

/// <summary>The tree of a layer that is being unpacked.</summary>
internal sealed class LayerTree(SafeFileHandle root, string path, ImageOrigin origin) : IDisposable
{
    private const int PlainFolder = 0x1ed; // 0755

    private static readonly byte[] s_shared = "shared\0"u8.ToArray();

    private readonly List<LayerFolder> _way = [new LayerFolder("", root, default)];
    private LayerFolder? _shared;

    /// <summary>The root of the tree.</summary>
    public LayerFolder Root => _way[0];

    /// <summary>A folder beside the tree for files that only hard links put into it; gone when the tree is finished.</summary>
    public LayerFolder Shared => _shared ??= MakeShared();

    /// <summary>Some folder was marked as hiding what lower layers have in it.</summary>
    public bool HidesFolders { get; private set; }

    /// <summary>Opens the folder that components lead to, making what is missing.</summary>
    /// <exception cref="InvalidImageException">Something on the way is not a folder.</exception>
    public LayerFolder Enter(ReadOnlySpan<string> folders, string entry, FileTime modified)
    {
        var known = 0;
        while (known < folders.Length && known + 1 < _way.Count && _way[known + 1].Name == folders[known])
        {
            known++;
        }

        Leave(known + 1);
        for (; known < folders.Length; known++)
        {
            _way.Add(OpenOrMake(_way[^1], folders[known], entry, modified));
        }

        return _way[^1];
    }

    /// <summary>The folder at a name, made or taken over; a file that is there is replaced.</summary>
    public LayerFolder EnterOwn(ReadOnlySpan<string> components, TarEntry entry)
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

    /// <summary>Marks a folder as hiding what lower layers have in it.</summary>
    public void MakeOpaque(LayerFolder folder, string entry)
    {
        HidesFolders = true;
        var error = Libc.MakeOpaque(folder.Handle);
        if (error is -Errno.EOPNOTSUPP or -Errno.EPERM)
        {
            throw StoreFailure.Of("the file system cannot mark a folder that hides the ones below", path, -error, Operation.MarkOpaque);
        }

        Check(error, "mark", entry);
    }

    /// <summary>Applies the times of all folders that are open.</summary>
    public void Finish()
    {
        Leave(0);
        if (_shared is null)
        {
            return;
        }

        using var layer = ImageFolder.Open(path);
        Check(TreeRemoval.Remove(layer, s_shared), "remove", EntryPath.LinkFolder);
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
        foreach (var folder in _way.Skip(1))
        {
            folder.Handle.Dispose();
        }
    }

    private LayerFolder MakeShared()
    {
        using var layer = ImageFolder.Open(path);
        Check(Libc.MakePrivateDirectoryAt(layer, s_shared), "make", EntryPath.LinkFolder);
        return new(EntryPath.LinkFolder, ImageFolder.Open(path + "/shared"), default);
    }

    private LayerFolder OpenOrMake(LayerFolder parent, string name, string entry, FileTime modified)
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
            Check(error, "open the folder of", entry);
        }

        Check(Libc.StatusOfName(parent.Handle, bytes, out var there), "look at the folder of", entry);
        if (!there.IsWhiteout)
        {
            throw origin.RefuseEntry(entry, $"lies below {Words.Quote(name)}, which is {(there.Kind == FileKind.SymbolicLink ? "a symbolic link" : "not a folder")} in this layer");
        }

        // The layer removes what was there and puts a folder of its own in its place.
        Check(Libc.UnlinkAt(parent.Handle, bytes), "replace", entry);
        var folder = Make(parent, name, entry, modified);
        MakeOpaque(folder, entry);
        return folder;
    }

    private LayerFolder Make(LayerFolder parent, string name, string entry, FileTime modified)
    {
        var bytes = EntryPath.Bytes(name);
        parent.IsChanged = true;
        Check(Libc.MakePrivateDirectoryAt(parent.Handle, bytes), "make the folder of", entry);
        Check(UntrustedTree.OpenDirectory(parent.Handle, bytes, out var handle), "open the folder of", entry);
        var folder = new LayerFolder(name, handle, modified) { IsChanged = true };
        Check(Libc.ChangeMode(handle, PlainFolder), "set the mode of the folder of", entry);
        return folder;
    }

    private void Leave(int depth)
    {
        for (var i = _way.Count - 1; i >= depth; i--)
        {
            var folder = _way[i];
            if (folder.IsChanged)
            {
                Check(Libc.SetModified(folder.Handle, folder.Modified), "set the time of", folder.Name);
            }

            if (i == 0)
            {
                return;
            }

            folder.Handle.Dispose();
            _way.RemoveAt(i);
        }
    }
}
