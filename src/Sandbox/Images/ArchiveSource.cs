using Microsoft.Win32.SafeHandles;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>An image in a tar archive: where each of its files begins is known after one walk over the headers.</summary>
internal sealed class ArchiveSource : IImageSource
{
    /// <summary>The name of the archive itself among its files, where it is a root directory and no image.</summary>
    public const string Whole = ".";

    private const int MaxComponents = 16;
    private const int MaxLinks = 8;

    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly SafeFileHandle _file;
    private InvalidImageException? _unfit;
    private bool _isImage;
    private bool _isRoot;

    /// <summary>Walks over the archive, which is then owned.</summary>
    public ArchiveSource(SafeFileHandle file, long length, ImageOrigin origin, ImageLimits limits)
    {
        (_file, Origin) = (file, origin);
        var archive = new TarReader(new FileRegion(file, 0, length, origin), origin);
        for (var count = 1; archive.Next() is { } entry; count++)
        {
            // A root directory may hold what no image's own archive does: it is looked at once more while it is unpacked.
            if (EntryPath.Split(entry.Name, MaxComponents, out var components) is { } problem)
            {
                _unfit ??= origin.RefuseEntry(entry.Name, problem);
            }
            else if (entry.IsSparse)
            {
                _unfit ??= origin.RefuseEntry(entry.Name, "is a sparse file, and holds an image or a part of one");
            }
            else if (count <= limits.ArchiveFiles || IsMarker(components))
            {
                Add(entry, components);
            }
            else
            {
                _unfit ??= origin.Refuse($"the archive holds more than {limits.ArchiveFiles} files");
            }
        }

        if (_isImage && _unfit is not null)
        {
            throw _unfit;
        }

        if (IsRootDirectory)
        {
            _places[""] = new(0, length, null);
        }
    }

    public ImageOrigin Origin { get; }

    /// <summary>It is no image but what docker export writes: the directories of a root, packed by tar.</summary>
    public bool IsRootDirectory => !_isImage && _isRoot;

    public Stream? Open(string name)
    {
        for (var links = 0; links <= MaxLinks; links++)
        {
            if (EntryPath.Split(name, MaxComponents, out var components) is { } problem)
            {
                throw Origin.Refuse($"a file named {Words.Quote(name)} {problem}");
            }

            if (!_places.TryGetValue(string.Join('/', components), out var place))
            {
                return null;
            }

            if (place.Link is null)
            {
                return new FileRegion(_file, place.Offset, place.Size, Origin);
            }

            name = place.Link;
        }

        throw Origin.Refuse($"{Words.Quote(name)} is a link that leads nowhere");
    }

    public void Dispose() => _file.Dispose();

    private static bool IsMarker(string[] components) =>
        components is [OciLayoutReader.Marker or OciLayoutReader.Index or DockerArchiveReader.Manifest];

    private void Add(TarEntry entry, string[] components)
    {
        _isImage |= components is [OciLayoutReader.Marker or DockerArchiveReader.Manifest];
        _isRoot |= components is ["bin" or "etc" or "lib" or "sbin" or "usr", ..];
        var link = entry.Kind switch
        {
            TarKind.HardLink => entry.Link,
            TarKind.SymbolicLink => Target(components, entry.Link),
            _ => null,
        };
        if (entry.Kind is TarKind.File or TarKind.HardLink or TarKind.SymbolicLink)
        {
            _places[string.Join('/', components)] = new(entry.Offset, entry.Size, link);
        }
    }

    // docker save, before version 25, has one copy of a layer that several images share, and links "../ID/layer.tar".
    private static string Target(string[] components, string link)
    {
        var way = link.StartsWith('/') ? [] : components[..^1].ToList();
        foreach (var component in link.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (component == ".." && way.Count > 0)
            {
                way.RemoveAt(way.Count - 1);
            }
            else if (component != ".")
            {
                way.Add(component);
            }
        }

        return string.Join('/', way);
    }

    private readonly record struct Place(long Offset, long Size, string? Link);
}
