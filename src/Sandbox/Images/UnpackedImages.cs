using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Store;
using Sandbox.Text;

namespace Sandbox.Images;

// The way in for jobs and for the command. What is only ever read is read without a lock: names and configs are replaced
// in one step, layers never change, and an image in use is held by a shared flock(2) on its config.

/// <summary>Container images on this host, unpacked for overlayfs: each layer once, named by its content.</summary>
/// <remarks>Any number of processes and threads may use one store at the same time.</remarks>
internal sealed class UnpackedImages(string directory)
{
    private readonly ImageDirectory _store = new(Path.TrimEndingDirectorySeparator(directory));

    /// <summary>How much an image may take.</summary>
    public ImageLimits Limits { get; init; } = new();

    /// <summary>Stops an import between two blocks of an archive or a layer.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The store of the user who runs the sandbox, beside that of files.</summary>
    /// <param name="named">The directory that a host has named; null for the user's.</param>
    /// <exception cref="SandboxException">There is no place for one.</exception>
    public static UnpackedImages Of(string? named = null) => new(DirectoryOf(named));

    /// <summary>Where that is.</summary>
    /// <exception cref="SandboxException">There is no place for one.</exception>
    public static string DirectoryOf(string? named) => Path.Join(named is null ? StoreLocation.OfUser() : StoreLocation.Named(named), "images");

    /// <summary>An image to run in; one that is given by its path is imported if it is not known.</summary>
    /// <param name="reference">
    /// A path (absolute, or with ./ or ../ before it, or with the ending of an archive), a digest, or a name with or without tag.
    /// </param>
    /// <param name="held">What the path led to when somebody looked; null for whatever is there.</param>
    /// <exception cref="InvalidImageException">What is at the path is no image that can be used.</exception>
    /// <exception cref="SandboxException">There is no such image, or the host refuses.</exception>
    public StoredImage Open(string reference, HeldPath? held = null)
    {
        if (ImageReference.IsPath(reference))
        {
            var called = Path.GetFullPath(reference);
            return OpenPath(held?.OwnPath ?? called, called);
        }

        var digest = _store.Check() ? new ImageCatalog(_store, Limits).Find(reference) : throw ImageCatalog.Unknown(reference, null);
        return TryOpen(digest) ?? throw new SandboxException($"layers of the image {Words.Quote(reference)} are missing")
        {
            Operation = Operation.FindLayers,
            Path = _store.Layers,
        };
    }

    /// <summary>Imports the images of an archive or of a directory; what is there already is not unpacked again.</summary>
    /// <param name="path">Path on the host.</param>
    /// <param name="name">Name for the image instead of those in the archive, or null.</param>
    public IReadOnlyList<ImportedImage> Import(string path, string? name = null)
    {
        var full = FullName(name);
        _store.Make();
        var source = Path.GetFullPath(path);
        return ImportPath(source, source, full, new(_store, Limits) { Cancellation = Cancellation });
    }

    /// <summary>Imports what an open file holds, such as a pipe from docker save.</summary>
    public IReadOnlyList<ImportedImage> Import(SafeFileHandle file, string called, string? name = null)
    {
        var full = FullName(name);
        _store.Make();
        var error = Libc.Status(file, out var status);
        if (error < 0)
        {
            throw StoreFailure.Of("the image cannot be read", called, -error);
        }

        using var source = new ImageSources(_store, Limits) { Cancellation = Cancellation }.Open(file, status, new(called));
        return new ImageImport(_store, Limits) { Cancellation = Cancellation }.Run(source, full);
    }

    /// <summary>All images, those used last first.</summary>
    public IReadOnlyList<ListedImage> List() => _store.Check() ? new ImageCatalog(_store, Limits).List() : [];

    /// <summary>Takes a name away; with the last one, or for a digest, the image goes. Its layers stay until <see cref="Collect"/>.</summary>
    /// <exception cref="SandboxException">There is no such image, or a job runs in it.</exception>
    public RemovedImage Remove(string reference) =>
        _store.Check() ? new StoreCleaning(_store, Limits).Remove(reference) : throw ImageCatalog.Unknown(reference, null);

    /// <summary>Removes what nobody needs; leaves what is in use or being imported.</summary>
    public PrunedImages Collect() =>
        _store.Check() ? new StoreCleaning(_store, Limits).Collect() : new() { Layers = 0, Bytes = 0, Leftovers = 0 };

    private StoredImage OpenPath(string path, string called)
    {
        if (TryOpenKnown(path) is { } known)
        {
            return known;
        }

        _store.Make();
        // Many jobs may be the first to use an image; one imports, and the others find it done.
        using var alone = _store.Lock("source-" + LockName(path));
        if (TryOpenKnown(path) is { } now)
        {
            return now;
        }

        var images = ImportPath(path, called, null, new(_store, Limits) { LeavesNames = true });
        if (images.Length > 1)
        {
            throw new ImageOrigin(called).Refuse($"the archive holds {images.Length} images: refer to one by name ({string.Join(", ", images.SelectMany(image => image.Names).Select(Words.Quote))})");
        }

        return TryOpen(images[0].Digest[Digests.Prefix.Length..]) ??
            throw new SandboxException($"the image {Words.Quote(called)} was removed while it was imported") { Operation = Operation.FindLayers, Path = called };
    }

    private StoredImage? TryOpenKnown(string path) =>
        _store.Check() && Identity(path, out var status) && new SourceRecord(_store).Find(status) is { } digest ? TryOpen(digest) : null;

    private ImportedImage[] ImportPath(string path, string called, string? name, ImageImport import)
    {
        var isKnown = Identity(path, out var before);
        using var source = new ImageSources(_store, Limits) { Cancellation = import.Cancellation }.Open(path, called, out var opened);
        var images = import.Run(source, name).ToArray();
        // One that was written to meanwhile, or holds more than one image, is read again next time.
        var isSettled = isKnown && images.Length == 1 && Identity(path, out var after) && SourceRecord.IsUnchanged(before, after) &&
            (opened.Kind == FileKind.Directory || SourceRecord.IsUnchanged(opened, after));
        if (isSettled)
        {
            using var alone = _store.Lock(LayerStore.StoreLockName);
            new SourceRecord(_store).Set(before, images[0].Digest[Digests.Prefix.Length..]);
        }

        return images;
    }

    // An image with all its layers, locked; null if something of it is missing.
    private StoredImage? TryOpen(string digest)
    {
        var path = $"{_store.Configs}/{digest}";
        if (ImageDirectory.OpenFile(path, out var file) < 0)
        {
            return null;
        }

        var layers = new LayerStore(_store, Limits);
        if (Libc.LockTogether(file) == 0 && Libc.Status(file, out var status) == 0 && status.LinkCount > 0 &&
            new ImageCatalog(_store, Limits).Config(digest) is { } config && config.DiffIds.All(layers.Has))
        {
            // For "image ls"; a store that can only be read works as well.
            _ = Libc.SetModified(file, Now());
            return new(file, Digests.Prefix + digest, Visible(config.DiffIds.Select(layers.Tree)), config.Config);
        }

        file.Dispose();
        return null;
    }

    // Topmost first, down to one that hides all below it. Images may have a layer twice (BuildKit makes one empty layer for every
    // "WORKDIR"), and overlayfs takes no directory twice (ELOOP, ovl_lower_dir). The topmost alone shows the same: wherever the lower
    // one would be asked, the upper one has said the same before, be it a file, a whiteout or an opaque directory.
    private static List<string> Visible(IEnumerable<string> lowestFirst)
    {
        var visible = new List<string>();
        foreach (var layer in lowestFirst.Reverse())
        {
            if (!visible.Contains(layer))
            {
                visible.Add(layer);
            }

            if (Libc.IsOpaque(layer))
            {
                break;
            }
        }

        return visible;
    }

    // The file that changes whenever the image does. Found as the image itself is read: a link in a stranger's layout that leads out of it would make
    // it another image that is known.
    private static bool Identity(string path, out FileStatus status)
    {
        if (Libc.StatusOf(path, out status) == 0 && status.Kind != FileKind.Directory)
        {
            return status.Kind == FileKind.Regular;
        }

        if (Libc.Open(ImageDirectory.Bytes(path), OpenFlags.Path | OpenFlags.Directory | OpenFlags.CloseOnExec, out var layout) < 0)
        {
            layout.Dispose();
            return false;
        }

        using (layout)
        {
            return DirectorySource.StatusOf(layout, OciLayoutReader.Index, out status) || DirectorySource.StatusOf(layout, DockerArchiveReader.Manifest, out status);
        }
    }

    private static string LockName(string path) => Identity(path, out var status) ? SourceRecord.Name(status) : "unknown";

    private static string? FullName(string? name)
    {
        if (name is null)
        {
            return null;
        }

        return ImageName.Parse(name, out var full) is { } problem
            ? throw new UnknownImageException($"{Words.Quote(name)} cannot be the name of an image: {problem}") { Operation = Operation.NameImage }
            : full;
    }

    private static FileTime Now()
    {
        var now = TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch;
        return new((long)now.TotalSeconds, now.Ticks % TimeSpan.TicksPerSecond * 100);
    }
}
