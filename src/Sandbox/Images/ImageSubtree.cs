using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>One directory of an image, as its layers show it together. No link is followed.</summary>
internal sealed class ImageSubtree : IDisposable
{
    private const int PermissionBits = 0x3ff; // 01777, as in layers
    private const int LongestPath = 4095;

    private readonly MergedTree _tree;
    private readonly UntrustedTree _lister;
    private readonly string _path;
    private readonly MergedEntry _entry;

    private ImageSubtree(MergedTree tree, UntrustedTree lister, string path, MergedEntry entry) => (_tree, _lister, _path, _entry) = (tree, lister, path, entry);

    /// <summary>The permissions of the directory itself.</summary>
    public int Mode => _entry.Status.Mode & PermissionBits;

    /// <summary>The layers that have it.</summary>
    public IReadOnlyList<int> Layers => _entry.Layers;

    /// <summary>Finds it; null if the image has no directory there.</summary>
    /// <param name="layers">Topmost first.</param>
    /// <param name="path">Absolute, as a job sees it.</param>
    /// <exception cref="SandboxException">It cannot be told what is there.</exception>
    public static ImageSubtree? Find(IReadOnlyList<string> layers, string path)
    {
        SafeFileHandle[] opened = [.. layers.Select(ImageDirectory.Open)];
        var tree = new MergedTree(opened);
        try
        {
            if (Look(tree, path) is { } entry)
            {
                // The limits of an image have counted the entries.
                return new(tree, new(opened[0], TreeScope.OneMount, new(int.MaxValue)), path[1..], entry);
            }

            tree.Dispose();
            return null;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    /// <summary>There is anything in it.</summary>
    /// <exception cref="SandboxException">It cannot be told.</exception>
    public bool HasFiles()
    {
        using var directory = Open("", Layers);
        return List("", directory).Any();
    }

    /// <summary>Opens a directory below it in those layers that have it.</summary>
    /// <exception cref="SandboxException">It cannot be opened in one of them, and something would be missing.</exception>
    public MergedDirectory Open(string path, IReadOnlyList<int> layers)
    {
        // Longer ones exist, and an open of one would look like a layer that does not have it.
        var whole = path.Length == 0 ? _path : $"{_path}/{path}";
        if (Encoding.UTF8.GetByteCount(whole) > LongestPath)
        {
            throw Failure(path, "is behind a path that is longer than paths can be", -Errno.ENAMETOOLONG);
        }

        var directory = _tree.Open(whole, layers);
        if (directory.Layers == layers.Count)
        {
            return directory;
        }

        directory.Dispose();
        throw Failure(path, "cannot be opened in all layers", -Errno.EIO);
    }

    /// <summary>What it shows: each name with what is there.</summary>
    /// <param name="path">Below it.</param>
    /// <param name="directory">The directory of that path.</param>
    /// <exception cref="SandboxException">It cannot be told.</exception>
    public IEnumerable<(string Name, MergedEntry Entry)> List(string path, MergedDirectory directory)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (directory.AddNames(_lister, names) is { } problem)
        {
            throw Failure(path, problem, -Errno.EIO);
        }

        foreach (var name in names)
        {
            var entry = directory.Look(EntryPath.Bytes(name));
            if (entry.Error != 0)
            {
                throw Failure(path.Length == 0 ? name : $"{path}/{name}", "cannot be looked at", -entry.Error);
            }

            if (entry.Exists)
            {
                yield return (name, entry);
            }
        }
    }

    /// <summary>A failure about something below it.</summary>
    /// <param name="path">Below it.</param>
    /// <param name="problem">What it is, or cannot be.</param>
    /// <param name="error">The negated errno.</param>
    public SandboxException Failure(string path, string problem, int error)
    {
        var whole = path.Length == 0 ? "/" + _path : $"/{_path}/{path}";
        return new($"{Words.Quote(whole)} of the image {problem}") { Operation = Operation.FillVolume, Path = whole, Errno = Errno.Name(-error) };
    }

    public void Dispose() => _tree.Dispose();

    private static MergedEntry? Look(MergedTree tree, string path)
    {
        var found = default(MergedEntry);
        var directory = tree.Open("", tree.All);
        try
        {
            foreach (var component in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                var name = EntryPath.Bytes(component);
                found = directory.Look(name);
                if (found is not { Exists: true, Status.Kind: FileKind.Directory })
                {
                    return found.Error is 0 ? null : throw new SandboxException($"{Words.Quote(path)} of the image cannot be looked at")
                    {
                        Operation = Operation.FillVolume,
                        Path = path,
                        Errno = Errno.Name(found.Error),
                    };
                }

                var inner = directory.Enter(found, name);
                directory.Dispose();
                directory = inner;
            }

            return found;
        }
        finally
        {
            directory.Dispose();
        }
    }
}
