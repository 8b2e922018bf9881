using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Images;

// From OCI's form of a layer (image-spec, "Image Layer Filesystem Changeset") to overlayfs's ("Overlay Filesystem" in the
// kernel's documentation, with userxattr). An unprivileged user owns all of it: owners, set-id bits, devices and
// extended attributes cannot be kept, and a set-id bit for the caller's own id would be a trap.

/// <summary>Makes the files of one layer.</summary>
internal sealed class LayerUnpacker(TarReader archive, LayerTree tree, string path, ImageOrigin origin, ImageLimits limits, UnpackBudget budget)
{
    private const int PermissionBits = 0x3ff; // 01777: without set-user-id and set-group-id
    private const int OwnerRead = 0x100;      // 0400
    private const int OwnerAll = 0x1c0;       // 0700

    private readonly LayerLinks _links = new(tree, origin, limits);
    private bool _hidesFiles;

    /// <summary>Entries made.</summary>
    public long Entries { get; private set; }

    /// <summary>Bytes of all files.</summary>
    public long Bytes { get; private set; }

    /// <summary>Device nodes that were left out: no user may make one, docker without root leaves them out too, and no job could open one.</summary>
    public int SkippedDevices { get; private set; }

    /// <summary>Makes all of them.</summary>
    /// <exception cref="InvalidImageException">An entry is refused.</exception>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public void Unpack()
    {
        while (archive.Next() is { } entry)
        {
            budget.TakeEntries(1, origin);
            budget.CheckSpace(tree.Root.Handle, path);
            Entries++;
            Make(entry);
        }

        tree.Finish();
        if (_hidesFiles && tree.HidesDirectories)
        {
            tree.Check(WhiteoutSweep.Run(tree.Root.Handle), "look through", "/");
        }
    }

    private void Make(TarEntry entry)
    {
        if (EntryPath.Split(entry.Name, limits.DirectoryDepth, out var components) is { } problem)
        {
            throw origin.RefuseEntry(entry.Name, problem);
        }

        if (components.Length == 0 && entry.Kind != TarKind.Directory)
        {
            throw origin.RefuseEntry(entry.Name, "is the root, and not a directory");
        }

        if (components is [EntryPath.LinkDirectory, ..])
        {
            MakeShared(entry, components);
            return;
        }

        if (EntryPath.LiesInMarker(components.AsSpan(0, Math.Max(components.Length - 1, 0))))
        {
            throw origin.RefuseEntry(entry.Name, "lies below a name that begins with .wh.");
        }

        if (components.Length > 0 && components[^1].StartsWith(EntryPath.WhiteoutPrefix, StringComparison.Ordinal))
        {
            MakeMarker(entry, components);
        }
        else if (entry.Kind == TarKind.Directory)
        {
            MakeDirectory(entry, components);
        }
        else if (entry.Kind is TarKind.CharacterDevice or TarKind.BlockDevice)
        {
            SkippedDevices++;
        }
        else
        {
            MakeOther(entry, components);
        }
    }

    private void MakeDirectory(TarEntry entry, string[] components)
    {
        var directory = tree.EnterOwn(components, entry);
        directory.Modified = entry.Modified;
        directory.IsChanged = true;
        tree.Check(Libc.ChangeMode(directory.Handle, (entry.Mode & PermissionBits) | OwnerAll), "set the mode of", entry.Name);
    }

    private void MakeOther(TarEntry entry, string[] components)
    {
        var link = entry.Kind == TarKind.HardLink ? _links.Target(entry, components) : null;
        var directory = tree.Enter(components.AsSpan(0, components.Length - 1), entry.Name, entry.Modified);
        var name = EntryPath.Bytes(components[^1]);
        directory.IsChanged = true;
        MakeOrReplace(entry, directory, name, link);
    }

    private void MakeOrReplace(TarEntry entry, LayerDirectory directory, byte[] name, string[]? link)
    {
        if (TryMake(entry, directory, name, link) is -Errno.EEXIST)
        {
            // The later entry wins, as with tar(1). Never written through: the file may have other names.
            tree.Check(TreeRemoval.Remove(directory.Handle, name), "replace", entry.Name);
            tree.Check(TryMake(entry, directory, name, link), "make", entry.Name);
        }
    }

    private int TryMake(TarEntry entry, LayerDirectory directory, byte[] name, string[]? link)
    {
        var result = entry.Kind switch
        {
            TarKind.File => MakeFile(entry, directory, name),
            TarKind.SymbolicLink => Libc.MakeLinkAt(directory.Handle, name, _links.Text(entry)),
            TarKind.Fifo => Libc.MakeFifoAt(directory.Handle, name),
            _ => _links.Make(entry, directory, name, link!),
        };
        if (result == -Errno.EEXIST)
        {
            return result;
        }

        tree.Check(result, "make", entry.Name);
        if (entry.Kind is TarKind.SymbolicLink or TarKind.Fifo)
        {
            tree.Check(Libc.SetModifiedAt(directory.Handle, name, entry.Modified), "set the time of", entry.Name);
        }

        return 0;
    }

    private int MakeFile(TarEntry entry, LayerDirectory directory, byte[] name)
    {
        var error = Libc.CreateAt(directory.Handle, name, out var file);
        using (file)
        {
            if (error < 0)
            {
                return error;
            }

            // Holes take no place here, but do where a job copies the file.
            if (entry.IsSparse)
            {
                budget.TakeBytes(entry.Size, origin);
            }

            var end = 0L;
            while (archive.NextPiece(out var piece, out var offset))
            {
                if (offset != end)
                {
                    tree.Check(Libc.Seek(file, offset), "write", entry.Name);
                }

                tree.Check(Libc.WriteAll(file, piece), "write", entry.Name);
                end = offset + piece.Length;
                budget.CheckSpace(directory.Handle, path);
            }

            if (entry.IsSparse)
            {
                tree.Check(Libc.SetLength(file, entry.Size), "write", entry.Name);
            }

            Bytes += entry.Size;

            tree.Check(Libc.ChangeMode(file, (entry.Mode & PermissionBits) | OwnerRead), "set the mode of", entry.Name);
            return Libc.SetModified(file, entry.Modified);
        }
    }

    // AUFS kept files with several names in a directory of its own; hard links lead there. The directory itself is no part of the image.
    private void MakeShared(TarEntry entry, string[] components)
    {
        if (entry.Kind != TarKind.File)
        {
            return;
        }

        if (components.Length != 2)
        {
            throw origin.RefuseEntry(entry.Name, "lies below a name that begins with .wh.");
        }

        MakeOrReplace(entry, tree.Shared, EntryPath.Bytes(components[1]), null);
    }

    private void MakeMarker(TarEntry entry, string[] components)
    {
        // What else AUFS has left behind (.wh..wh.aufs, .wh..wh.orph) says nothing about files.
        if (components[^1] != EntryPath.OpaqueMarker && components[^1].StartsWith(EntryPath.MetaPrefix, StringComparison.Ordinal) && components[^1].Length > EntryPath.MetaPrefix.Length)
        {
            return;
        }

        var directory = tree.Enter(components.AsSpan(0, components.Length - 1), entry.Name, entry.Modified);
        if (components[^1] == EntryPath.OpaqueMarker)
        {
            tree.MakeOpaque(directory, entry.Name);
            return;
        }

        var hidden = components[^1][EntryPath.WhiteoutPrefix.Length..];
        if (hidden is "" or "." or ".." || hidden.StartsWith(EntryPath.WhiteoutPrefix, StringComparison.Ordinal))
        {
            throw origin.RefuseEntry(entry.Name, "is a marker of no known meaning");
        }

        Hide(entry, directory, [.. components[..^1], hidden]);
    }

    // A marker is about lower layers only, wherever in the archive it stands: what this layer has at the name stays, and
    // a directory that is removed below and made anew here is one that hides.
    private void Hide(TarEntry entry, LayerDirectory directory, string[] hidden)
    {
        var name = EntryPath.Bytes(hidden[^1]);
        directory.IsChanged = true;
        _hidesFiles = true;
        var error = Libc.MakeWhiteoutAt(directory.Handle, name);
        if (error == -Errno.EPERM)
        {
            throw StoreFailure.Of("the file system or the kernel does not let a user mark a file as removed", path, Errno.EPERM, Operation.MarkRemoved);
        }

        if (error != -Errno.EEXIST)
        {
            tree.Check(error, "mark as removed", entry.Name);
            return;
        }

        tree.Check(Libc.StatusOfName(directory.Handle, name, out var status), "look at", entry.Name);
        if (status.Kind == FileKind.Directory)
        {
            tree.MakeOpaque(tree.EnterOwn(hidden, entry), entry.Name);
        }
    }
}
