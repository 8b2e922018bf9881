using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Images;

// Decisions are made under the lock of the store, in which names come and go; the files are removed after it, because that
// may take minutes.

/// <summary>Removes images, layers that no image needs, and what crashes have left.</summary>
internal sealed class StoreCleaning(ImageDirectory store, ImageLimits limits)
{
    private readonly ImageCatalog _catalog = new(store, limits);
    private readonly LayerStore _layers = new(store, limits);

    /// <summary>Takes a name away; with the last one, or for a digest, the image goes.</summary>
    /// <exception cref="SandboxException">There is no such image, or a job runs in it.</exception>
    public RemovedImage Remove(string reference)
    {
        using var alone = store.Lock(LayerStore.StoreLockName);
        var digest = _catalog.Find(reference);
        var table = new NameTable(store);
        var names = table.Read().Where(name => name.Value == digest).Select(name => name.Key).ToArray();
        var isName = ImageName.Parse(reference, out var full) is null && names.Contains(full);
        if (isName && names.Length > 1)
        {
            table.Remove([full]);
            return new() { Names = [ImageName.Familiar(full)], Digest = null };
        }

        RemoveConfig(reference, digest);
        table.Remove(names);
        return new() { Names = names.Select(ImageName.Familiar).ToArray(), Digest = Digests.Prefix + digest };
    }

    /// <summary>Removes what nobody needs or will ever finish; leaves what is in use or being imported.</summary>
    public PrunedImages Collect()
    {
        var (doomed, layers, bytes, leftovers) = (new List<Leftover>(), 0, 0L, 0);
        try
        {
            using var passing = ImageDirectory.Open(store.Passing);
            using (store.Lock(LayerStore.StoreLockName))
            {
                // Whoever is making a directory holds it locked; files are made and renamed under the lock of the store, which is ours.
                doomed.AddRange(StoreDirectory.Leftovers(passing));
                leftovers = doomed.Count;
                (layers, bytes) = DiscardLayers(doomed);
                var images = _catalog.Digests().ToHashSet(StringComparer.Ordinal);
                new SourceRecord(store).Sweep(images.Contains);
                store.SweepLocks(kept: LayerStore.StoreLockName);
            }

            foreach (var one in doomed)
            {
                if (one.Remove(passing) is var error && error < 0)
                {
                    throw StoreFailure.Of("a leftover cannot be removed", $"{store.Passing}/{one.Name}", -error);
                }
            }

            return new() { Layers = layers, Bytes = bytes, Leftovers = leftovers };
        }
        finally
        {
            doomed.ForEach(one => one.Dispose());
        }
    }

    // A job that runs in the image holds a shared lock on its config (StoredImage).
    private void RemoveConfig(string reference, string digest)
    {
        var path = $"{store.Configs}/{digest}";
        var error = ImageDirectory.OpenFile(path, out var config);
        using (config)
        {
            if (error == 0)
            {
                error = Libc.TryLock(config);
            }

            if (error == -Errno.EAGAIN)
            {
                throw new SandboxException($"the image is in use by a job: {reference}") { Operation = Operation.RemoveImage, Path = path };
            }

            if (error is < 0 and not -Errno.ENOENT)
            {
                throw StoreFailure.Of("the image cannot be removed", path, -error);
            }

            ImageDirectory.Remove(path);
        }
    }

    private (int Layers, long Bytes) DiscardLayers(List<Leftover> doomed)
    {
        var needed = _catalog.Digests().Select(_catalog.Config).OfType<ConfigFile>().SelectMany(config => config.DiffIds).ToHashSet(StringComparer.Ordinal);
        var (layers, bytes) = (0, 0L);
        foreach (var layer in ImageDirectory.List(store.Layers).Where(layer => !needed.Contains(layer)))
        {
            var facts = _layers.Facts(layer);
            if (_layers.TryDiscard(layer) is not { } discarded)
            {
                continue;
            }

            doomed.Add(discarded);
            layers++;
            bytes += facts?.Bytes ?? 0;
        }

        return (layers, bytes);
    }
}

/// <summary>What a removal has done.</summary>
internal sealed record Removal
{
    /// <summary>Names that lead to nothing any more, as people write them.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary><c>sha256:…</c> of the image that is gone; null if it has other names.</summary>
    public required string? Digest { get; init; }
}

/// <summary>What a collection of garbage has freed.</summary>
internal sealed record Collection
{
    /// <summary>Layers that no image needs.</summary>
    public required int Layers { get; init; }

    /// <summary>Bytes of the files in them.</summary>
    public required long Bytes { get; init; }

    /// <summary>What processes that died have left half made.</summary>
    public required int Leftovers { get; init; }
}
