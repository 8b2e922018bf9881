using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Images;

// What overlayfs would show without mounting it. Every step is one component in an open folder of one layer, links refused
// by the kernel (openat2(2)); a link of the image is followed by starting again at the image's own root.

/// <summary>Reads files of an image through its layers.</summary>
internal sealed class MergedTree(IReadOnlyList<string> layers) : IDisposable
{
    private const int MostLinks = 40; // as in path_resolution(7)
    private const int LongestPath = 4096;

    // Links that lead to and fro through long paths of many layers would keep the host busy for minutes, before any limit of a job counts.
    private const int MostLooks = 50_000;
    private const ulong Resolve = OpenHow.Beneath | OpenHow.NoSymlinks | OpenHow.NoMagicLinks;

    private readonly SafeFileHandle[] _roots = layers.Select(ImageFolder.Open).ToArray();
    private int _looks;

    /// <summary>The content of a regular file; null if it is not there.</summary>
    /// <exception cref="SandboxException">It is too large, no regular file, or behind a circle of links or too long a way.</exception>
    public byte[]? Read(string path, int mostBytes)
    {
        _looks = 0;
        var components = Components(path);
        for (var links = 0; links <= MostLinks; links++)
        {
            var found = Find(components, path, out var depth, out var isFolder);
            if (isFolder)
            {
                throw Failure("not a regular file", path);
            }

            if (found is null)
            {
                return null;
            }

            using (found)
            {
                _ = Libc.Status(found, out var status);
                if (status.Kind != FileKind.SymbolicLink)
                {
                    return Read(found, status, path, mostBytes);
                }

                components = Follow(components, depth, Target(found, path));
            }
        }

        throw Failure("too many symbolic links", path);
    }

    /// <summary>The same path without links among its components, as far as the image has them.</summary>
    /// <exception cref="SandboxException">It is in a circle of links, or too long a way.</exception>
    public string Real(string path)
    {
        _looks = 0;
        var components = Components(path);
        for (var links = 0; links <= MostLinks; links++)
        {
            using var found = Find(components, path, out var depth, out _);
            if (found is null || !IsLink(found))
            {
                return "/" + string.Join('/', WithoutParents(components));
            }

            components = Follow(components, depth, Target(found, path));
        }

        throw Failure("too many symbolic links", path);
    }

    public void Dispose()
    {
        foreach (var root in _roots)
        {
            root.Dispose();
        }
    }

    // What is at the path, unless it is a folder, or the first link on the way and how many components lead to it.
    private SafeFileHandle? Find(string[] components, string path, out int depth, out bool isFolder)
    {
        isFolder = false;
        // Only real folders come to lie on the way, so ".." is the one before; above the root is the root.
        var way = new Stack<List<SafeFileHandle>>();
        way.Push(_roots.Select(root => new SafeFileHandle(root.DangerousGetHandle(), ownsHandle: false)).ToList());
        try
        {
            for (depth = 1; depth <= components.Length; depth++)
            {
                if (components[depth - 1] == "..")
                {
                    if (way.Count > 1)
                    {
                        Close(way.Pop());
                    }

                    continue;
                }

                way.Push(Step(way.Peek(), components[depth - 1], path, out var other));
                if (other is not null)
                {
                    return depth == components.Length || IsLink(other) ? other : Discard(other);
                }

                if (way.Peek().Count == 0)
                {
                    return null;
                }
            }

            isFolder = true;
            return null;
        }
        finally
        {
            foreach (var folders in way)
            {
                Close(folders);
            }
        }
    }

    // The folders of this name that are seen through each other, topmost first; or what else is there.
    private List<SafeFileHandle> Step(List<SafeFileHandle> folders, string name, string path, out SafeFileHandle? other)
    {
        var next = new List<SafeFileHandle>();
        other = null;
        _looks += folders.Count;
        if (_looks > MostLooks)
        {
            throw Failure("too long a way through links and layers", path);
        }

        foreach (var folder in folders)
        {
            var error = Libc.OpenAt2(folder, EntryPath.Bytes(name), OpenFlags.Path | OpenFlags.NoFollow, Resolve, out var file);
            if (error == -Errno.ENOENT)
            {
                continue;
            }

            if (error < 0 || (error = Libc.Status(file, out var status)) < 0)
            {
                throw Failure($"cannot be opened ({Errno.Name(-error)})", path);
            }

            if (status.Kind == FileKind.Directory)
            {
                next.Add(file);
                if (Libc.IsOpaque($"/proc/self/fd/{file.DangerousGetHandle()}"))
                {
                    break;
                }

                continue;
            }

            // A file below a folder is hidden by it; one above hides everything.
            if (next.Count == 0 && !status.IsWhiteout)
            {
                other = file;
            }
            else
            {
                file.Dispose();
            }

            break;
        }

        return next;
    }

    private static byte[] Read(SafeFileHandle found, FileStatus status, string path, int mostBytes)
    {
        if (status.Kind != FileKind.Regular)
        {
            throw Failure("not a regular file", path);
        }

        var error = Libc.OpenForReading(ImageFolder.Bytes($"/proc/self/fd/{found.DangerousGetHandle()}"), out var file);
        using (file)
        {
            var bytes = new byte[Math.Min(status.Size, mostBytes) + 1];
            var filled = 0;
            while (error == 0 && filled < bytes.Length)
            {
                var count = Libc.Read(file, bytes.AsSpan(filled));
                if (count == 0)
                {
                    return bytes[..filled];
                }

                filled += Math.Max(count, 0);
                error = Math.Min(count, 0);
            }

            throw Failure(error < 0 ? $"cannot be read ({Errno.Name(-error)})" : $"larger than {mostBytes} bytes", path);
        }
    }

    private static string Target(SafeFileHandle link, string path)
    {
        var buffer = new byte[LongestPath];
        var length = Libc.ReadLink(link, buffer);
        return length >= 0 ? Encoding.UTF8.GetString(buffer, 0, length) : throw Failure($"cannot be read ({Errno.Name(-length)})", path);
    }

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

    private static bool IsLink(SafeFileHandle file) => Libc.Status(file, out var status) == 0 && status.Kind == FileKind.SymbolicLink;

    private static SafeFileHandle? Discard(SafeFileHandle file)
    {
        file.Dispose();
        return null;
    }

    private static void Close(List<SafeFileHandle> folders)
    {
        foreach (var folder in folders)
        {
            folder.Dispose();
        }
    }

    private static SandboxException Failure(string problem, string path) =>
        new($"{Words.Quote(path)} of the image: {problem}") { Operation = Operation.ReadImageFile, Path = path };
}
