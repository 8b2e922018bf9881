using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Images;

// Whatever an image has at a path was made by a stranger. In the copy every file is made by its last component in a directory that was opened without
// following a link, and links are copied as they are. What layers do not keep (owners, set-id bits, devices) is in no copy either.

/// <summary>Copies a directory of an image into an empty one.</summary>
/// <param name="source">What is copied.</param>
/// <param name="target">The directory it is copied into.</param>
/// <param name="owner">Whom the copy belongs to, the directory itself included; null for the caller.</param>
/// <param name="cancellationToken">Stops it.</param>
internal sealed class ImageCopy(ImageSubtree source, SafeFileHandle target, (uint Uid, uint Gid)? owner, CancellationToken cancellationToken)
{
    private const int PermissionBits = 0x3ff; // 01777, as in layers
    private const int BufferBytes = 256 << 10;

    private readonly Dictionary<(ulong Device, ulong Inode), string> _severalNames = [];
    private readonly List<(string Path, FileTime Modified)> _directories = [];
    private readonly byte[] _buffer = new byte[BufferBytes];
    private long _sinceCheck;

    /// <summary>Copies all of it, with modes and times, and waits until it is on the disk.</summary>
    /// <exception cref="SandboxException">Something cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Run()
    {
        CheckSpace();
        UntrustedTree.Walk(new Directory("", source.Layers), Visit);

        // From the innermost on: what is made in a directory changes its time, but not that of the one above.
        for (var index = _directories.Count - 1; index >= 0; index--)
        {
            var (path, modified) = _directories[index];
            using var directory = Enter(path);
            Check(Libc.SetModified(directory, modified), path);
        }

        if (owner is { } whose)
        {
            Check(Libc.ChangeOwner(target, whose.Uid, whose.Gid), "");
        }

        // As with layers: its name may reach the disk before the files do, and after a power failure it would be there without them. All that others
        // have written to the disk goes with it, so that this takes as long as they make it.
        using var step = HostWatch.EnterLock("the disk of the store");
        Check(Libc.SyncFileSystem(target), "");
    }

    private List<Directory> Visit(Directory directory)
    {
        var inner = new List<Directory>();
        using var from = source.Open(directory.Path, directory.Layers);
        using var into = Enter(directory.Path);
        foreach (var (name, entry) in source.List(directory.Path, from))
        {
            cancellationToken.ThrowIfCancellationRequested();
            HostWatch.Advance();
            var path = directory.Path.Length == 0 ? name : $"{directory.Path}/{name}";
            Make(from, into, EntryPath.Bytes(name), path, entry);
            if (entry.Status.Kind == FileKind.Directory)
            {
                inner.Add(new(path, entry.Layers));
                _directories.Add((path, entry.Status.Modified));
            }
        }

        return inner;
    }

    private void Make(MergedDirectory from, SafeFileHandle into, byte[] name, string path, MergedEntry entry)
    {
        switch (entry.Status.Kind)
        {
            case FileKind.Directory:
                Check(Libc.MakePrivateDirectoryAt(into, name), path);
                break;
            case FileKind.Regular when MakeOtherName(into, name, path, entry.Status):
                return;
            case FileKind.Regular:
                MakeFile(from, into, name, path, entry);
                break;
            case FileKind.SymbolicLink:
                var text = from.ReadLink(entry, name) ?? throw source.Failure(path, "cannot be read", -Errno.EIO);
                Check(Libc.MakeLinkAt(into, name, [.. text, 0]), path);
                break;
            case FileKind.Fifo:
                Check(Libc.MakeFifoAt(into, name), path);
                break;
            default:
                throw source.Failure(path, "is no file that an image can have", -Errno.EINVAL);
        }

        if (owner is { } whose)
        {
            Check(Libc.ChangeOwnerAt(into, name, whose.Uid, whose.Gid), path);
        }

        if (entry.Status.Kind != FileKind.SymbolicLink)
        {
            Check(Libc.ChangeModeAt(into, name, entry.Status.Mode & PermissionBits), path);
        }

        Check(Libc.SetModifiedAt(into, name, entry.Status.Modified), path);
    }

    // A file that has several names in the directory has them in the copy.
    private bool MakeOtherName(SafeFileHandle into, byte[] name, string path, in FileStatus status)
    {
        if (status.LinkCount < 2 || _severalNames.TryAdd((status.Device, status.Inode), path))
        {
            return false;
        }

        var first = _severalNames[(status.Device, status.Inode)];
        var slash = first.LastIndexOf('/');
        using var directory = Enter(slash < 0 ? "" : first[..slash]);
        Check(Libc.MakeHardLinkAt(directory, EntryPath.Bytes(first[(slash + 1)..]), into, name), path);
        return true;
    }

    private void MakeFile(MergedDirectory from, SafeFileHandle into, byte[] name, string path, MergedEntry entry)
    {
        using var content = from.OpenFile(entry, name) ?? throw source.Failure(path, "cannot be read", -Errno.EIO);
        Check(Libc.CreateAt(into, name, out var file), path);
        using (file)
        {
            if (Libc.Clone(content, file) < 0)
            {
                CopyBytes(content, file, path);
            }
        }
    }

    // A hole stays one: what is zero is not written.
    private void CopyBytes(SafeFileHandle content, SafeFileHandle file, string path)
    {
        for (var end = 0L; ;)
        {
            var count = Libc.Read(content, _buffer);
            Check(count, path);
            if (count == 0)
            {
                Check(Libc.SetLength(file, end), path);
                return;
            }

            if (_buffer.AsSpan(0, count).ContainsAnyExcept((byte)0))
            {
                Check(Libc.Seek(file, end), path);
                Check(Libc.WriteAll(file, _buffer.AsSpan(0, count)), path);
                _sinceCheck += count;
            }

            end += count;
            cancellationToken.ThrowIfCancellationRequested();
            HostWatch.Advance();
            if (_sinceCheck >= DiskReserve.CheckedEvery)
            {
                CheckSpace();
            }
        }
    }

    // For everybody else's sake.
    private void CheckSpace()
    {
        _sinceCheck = 0;
        if (DiskReserve.Missing(target) is { } problem)
        {
            throw new SandboxException($"the disk is nearly full: {problem}") { Operation = Operation.FillVolume, Errno = Errno.Name(Errno.ENOSPC) };
        }
    }

    private SafeFileHandle Enter(string path)
    {
        var error = UntrustedTree.OpenDirectory(target, Encoding.UTF8.GetBytes(path.Length == 0 ? ".\0" : path + '\0'), out var directory);
        if (error == 0)
        {
            return directory;
        }

        directory.Dispose();
        throw source.Failure(path, "cannot be copied", error);
    }

    private void Check(int result, string path)
    {
        if (result < 0)
        {
            throw source.Failure(path, "cannot be copied", result);
        }
    }

    private readonly record struct Directory(string Path, IReadOnlyList<int> Layers);
}
