using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Storage;

// What overlayfs shows, without mounting it: to read files of an image, and to tell what a job has changed. The layers may be another job's, or be
// changed while they are looked at: names are looked up one by one, links are never followed, and only regular files are opened.

/// <summary>One or more directories of the host, merged as the kernel merges the lower side of an overlay.</summary>
/// <param name="layers">Topmost first; disposed with this.</param>
internal sealed class MergedTree(IReadOnlyList<SafeFileHandle> layers) : IDisposable
{
    /// <summary>The numbers of all layers.</summary>
    public int[] All { get; } = [.. Enumerable.Range(0, layers.Count)];

    /// <summary>Opens a directory in those layers that have it; what is no directory there, or cannot be entered, does not take part.</summary>
    /// <param name="path">From the root of the layers; empty for that.</param>
    /// <param name="numbers">The layers that take part there, as <see cref="MergedEntry.Layers"/> says.</param>
    public MergedDirectory Open(string path, IReadOnlyList<int> numbers)
    {
        var name = Encoding.UTF8.GetBytes(path.Length == 0 ? ".\0" : path + '\0');
        return MergedDirectory.Open(numbers.Select(number => (number, layers[number])), name);
    }

    public void Dispose()
    {
        foreach (var layer in layers)
        {
            layer.Dispose();
        }
    }
}

/// <summary>One directory below an overlay, in all layers that have it.</summary>
internal sealed class MergedDirectory : IDisposable
{
    private readonly IReadOnlyList<(int Number, SafeFileHandle Directory)> _layers;

    private MergedDirectory(IReadOnlyList<(int Number, SafeFileHandle Directory)> layers) => _layers = layers;

    /// <summary>How many layers have the directory.</summary>
    public int Layers => _layers.Count;

    /// <summary>The directory at a name in each layer that has it.</summary>
    public static MergedDirectory Open(IEnumerable<(int Number, SafeFileHandle Above)> layers, ReadOnlySpan<byte> name)
    {
        var opened = new List<(int, SafeFileHandle)>();
        foreach (var (number, above) in layers)
        {
            if (UntrustedTree.EnterDirectory(above, name, out var directory) == 0)
            {
                opened.Add((number, directory));
            }
            else
            {
                directory.Dispose();
            }
        }

        return new MergedDirectory(opened);
    }

    /// <summary>The directory that was found at a name.</summary>
    public MergedDirectory Enter(MergedEntry entry, ReadOnlySpan<byte> name) => Open(_layers.Where(layer => entry.Layers.Contains(layer.Number)), name);

    /// <summary>What is at a name: whatever is topmost, a directory with all that is merged into it.</summary>
    /// <param name="name">With a final NUL.</param>
    public MergedEntry Look(ReadOnlySpan<byte> name)
    {
        var merged = new List<int>(_layers.Count);
        var found = MergedEntry.None;
        for (var place = 0; place < _layers.Count; place++)
        {
            var error = UntrustedTree.Look(_layers[place].Directory, name, out var file, out var status);
            using (file)
            {
                if (error == -Errno.ENOENT)
                {
                    continue;
                }

                if (error < 0)
                {
                    return new() { Error = -error };
                }

                // A file below a directory is hidden by it; one above hides everything.
                if (Libc.IsWhiteout(file, status) || (found.Exists && status.Kind != FileKind.Directory))
                {
                    break;
                }

                found = found.Exists ? found : new() { Exists = true, Status = status, Place = place };
                if (status.Kind != FileKind.Directory)
                {
                    return found;
                }

                merged.Add(_layers[place].Number);
                if (place < _layers.Count - 1 && Libc.IsOpaque(file))
                {
                    break;
                }
            }
        }

        return found.Exists ? found with { Layers = merged } : found;
    }

    /// <summary>Opens the regular file that was found at a name; null if it cannot be read, or is another by now.</summary>
    public SafeFileHandle? OpenFile(MergedEntry entry, ReadOnlySpan<byte> name)
    {
        if (UntrustedTree.OpenRegular(_layers[entry.Place].Directory, name, out var file, out var status) == 0 && status.Inode == entry.Status.Inode)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    /// <summary>What the link says that was found at a name.</summary>
    public byte[]? ReadLink(MergedEntry entry, ReadOnlySpan<byte> name) => LinkText.Read(_layers[entry.Place].Directory, name);

    /// <summary>Every name of every layer, some of which may be whiteouts; null, or why they cannot be read.</summary>
    /// <param name="tree">Lists, and counts what it lists.</param>
    /// <param name="names">Gets them.</param>
    public string? AddNames(UntrustedTree tree, HashSet<string> names)
    {
        foreach (var (_, directory) in _layers)
        {
            var isText = true;
            var error = UntrustedTree.OpenDirectory(directory, ".\0"u8, out var listing);
            using (listing)
            {
                error = error < 0 ? error : tree.List(listing, Add);
            }

            if (error < 0)
            {
                return $"the host's directory cannot be looked into ({Errno.Name(-error)})";
            }

            if (!isText)
            {
                return "a name in the host's directory is not UTF-8";
            }

            void Add(ReadOnlySpan<byte> name)
            {
                isText = isText && Utf8.IsValid(name);
                names.Add(Encoding.UTF8.GetString(name));
            }
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var (_, directory) in _layers)
        {
            directory.Dispose();
        }
    }
}

/// <summary>What is at a name of a merged directory.</summary>
internal sealed record MergedEntry
{
    /// <summary>Nothing.</summary>
    public static MergedEntry None { get; } = new();

    /// <summary>There is something.</summary>
    public bool Exists { get; init; }

    /// <summary>What it is.</summary>
    public FileStatus Status { get; init; }

    /// <summary>Where in the list of its directory's layers it is.</summary>
    public int Place { get; init; }

    /// <summary>For a directory: the numbers of the layers that are merged in it.</summary>
    public IReadOnlyList<int> Layers { get; init; } = [];

    /// <summary>Errno if it cannot be told what is there, EXDEV for a mount; else 0.</summary>
    public int Error { get; init; }
}
