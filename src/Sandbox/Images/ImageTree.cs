using System.Text;
using Sandbox.Interop;
using Sandbox.Storage;
using Sandbox.Text;

namespace Sandbox.Images;

// Every step is one component in the merged layers, in which no link is followed; a link of the image is followed by starting again at
// the image's own root.

/// <summary>Reads files of an image through its layers.</summary>
internal sealed class ImageTree(IReadOnlyList<string> layers) : IDisposable
{
    private const int MaxLinks = 40; // as in path_resolution(7)

    // Links that lead to and fro through long paths of many layers would keep the host busy for minutes, before any limit of a job counts.
    private const int MaxLooks = 50_000;

    private readonly MergedTree _tree = new(layers.Select(ImageDirectory.Open).ToArray());
    private int _looks;

    /// <summary>The content of a regular file; null if it is not there.</summary>
    /// <exception cref="SandboxException">It is too large, no regular file, or behind a circle of links or too long a way.</exception>
    public byte[]? Read(string path, int mostBytes)
    {
        using var found = Resolve(path, out _);
        return found.Kind switch
        {
            null => null,
            FileKind.Regular => Read(found, path, mostBytes),
            _ => throw Failure("not a regular file", path),
        };
    }

    /// <summary>The same path without links among its components, as far as the image has them.</summary>
    /// <exception cref="SandboxException">It is in a circle of links, or too long a way.</exception>
    public string Real(string path)
    {
        Resolve(path, out var components).Dispose();
        return "/" + string.Join('/', WithoutParents(components));
    }

    public void Dispose() => _tree.Dispose();

    // What is at a path once links are followed, and the components that lead there without.
    private Place Resolve(string path, out string[] components)
    {
        _looks = 0;
        components = Components(path);
        for (var links = 0; links <= MaxLinks; links++)
        {
            var found = Find(components, path, out var depth);
            if (found.Kind != FileKind.SymbolicLink)
            {
                return found;
            }

            using (found)
            {
                components = Follow(components, depth, Target(found, path));
            }
        }

        throw Failure("too many symbolic links", path);
    }

    // What is at the path, or the first link on the way and how many components lead to it.
    private Place Find(string[] components, string path, out int depth)
    {
        // Only real directories come to lie on the way, so ".." is the one before; above the root is the root.
        var way = new Stack<MergedDirectory>([_tree.Open("", _tree.All)]);
        try
        {
            for (depth = 1; depth <= components.Length; depth++)
            {
                if (components[depth - 1] == "..")
                {
                    if (way.Count > 1)
                    {
                        way.Pop().Dispose();
                    }

                    continue;
                }

                var name = EntryPath.Bytes(components[depth - 1]);
                var entry = Look(way.Peek(), name, path);
                if (entry is { Exists: true, Status.Kind: FileKind.Directory })
                {
                    way.Push(way.Peek().Enter(entry, name));
                }
                else
                {
                    var isMeant = entry.Exists && (depth == components.Length || entry.Status.Kind == FileKind.SymbolicLink);
                    return isMeant ? new(entry.Status.Kind, way.Pop(), entry, name) : Place.Nothing;
                }
            }

            return Place.Directory;
        }
        finally
        {
            foreach (var directory in way)
            {
                directory.Dispose();
            }
        }
    }

    private MergedEntry Look(MergedDirectory directory, byte[] name, string path)
    {
        _looks += directory.Layers;
        if (_looks > MaxLooks)
        {
            throw Failure("too long a way through links and layers", path);
        }

        var entry = directory.Look(name);
        return entry.Error == 0 ? entry : throw Failure($"cannot be opened ({Errno.Name(entry.Error)})", path);
    }

    private static byte[] Read(Place found, string path, int mostBytes)
    {
        using var file = found.Above!.OpenFile(found.Entry, found.Name) ?? throw Failure("cannot be read", path);
        var bytes = new byte[Math.Min(found.Entry.Status.Size, mostBytes) + 1];
        for (var filled = 0; filled < bytes.Length;)
        {
            var count = Libc.Read(file, bytes.AsSpan(filled));
            if (count < 0)
            {
                throw Failure($"cannot be read ({Errno.Name(-count)})", path);
            }

            if (count == 0)
            {
                return bytes[..filled];
            }

            filled += count;
        }

        throw Failure($"larger than {mostBytes} bytes", path);
    }

    private static string Target(Place link, string path) =>
        link.Above!.ReadLink(link.Entry, link.Name) is { } text ? Encoding.UTF8.GetString(text) : throw Failure("a link cannot be read", path);

    private static string[] Follow(string[] components, int depth, string target) =>
        [.. target.StartsWith('/') ? [] : components.Take(depth - 1), .. Components(target), .. components.Skip(depth)];

    private static string[] Components(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(component => component != ".").ToArray();

    // No component is a link: ".." is the one before.
    private static List<string> WithoutParents(string[] components)
    {
        var way = new List<string>(components.Length);
        foreach (var component in components)
        {
            if (component != "..")
            {
                way.Add(component);
            }
            else if (way.Count > 0)
            {
                way.RemoveAt(way.Count - 1);
            }
        }

        return way;
    }

    private static SandboxException Failure(string problem, string path) =>
        new($"{Words.Quote(path)} of the image: {problem}") { Operation = Operation.ReadImageFile, Path = path };

    // What is at a path, of which kind, and the directory that has it; null of both for nothing.
    private sealed record Place(FileKind? Kind, MergedDirectory? Above, MergedEntry Entry, byte[] Name) : IDisposable
    {
        public static Place Nothing { get; } = new(null, null, MergedEntry.None, []);

        public static Place Directory { get; } = new(FileKind.Directory, null, MergedEntry.None, []);

        public void Dispose() => Above?.Dispose();
    }
}
