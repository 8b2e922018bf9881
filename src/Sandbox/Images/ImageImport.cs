using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>Brings the images of one archive into a store.</summary>
internal sealed class ImageImport(ImageDirectory store, ImageLimits limits)
{
    private readonly LayerStore _layers = new(store, limits);

    /// <summary>
    /// Names that another image has stay with it: a job that runs in an archive must not change in what the jobs after it run, and
    /// which names an archive has is up to whoever made it.
    /// </summary>
    public bool LeavesNames { get; init; }

    /// <summary>Stops between two blocks of a layer.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Imports all images that run on this machine.</summary>
    /// <param name="source">The archive.</param>
    /// <param name="name">Full name to give the image instead of those in the archive, or null.</param>
    /// <exception cref="InvalidImageException">Something in the archive is damaged, hostile or for another machine.</exception>
    public IReadOnlyList<ImportedImage> Run(IImageSource source, string? name)
    {
        var recipes = RecipeReader.Read(source, limits);
        if (name is not null && recipes.Count > 1)
        {
            throw source.Origin.Refuse($"the archive holds {recipes.Count} images, which cannot all be named {Words.Quote(ImageName.Familiar(name))}");
        }

        return recipes.Select(recipe => Import(recipe, source, name)).ToArray();
    }

    private ImportedImage Import(ImageRecipe recipe, IImageSource source, string? name)
    {
        var budget = new UnpackBudget(limits, Cancellation);
        var leases = new List<LayerLease>(recipe.Layers.Count);
        try
        {
            foreach (var blob in recipe.Layers)
            {
                leases.Add(Acquire(blob, source, budget));
            }

            var names = name is null ? Names(recipe, out var refused) : (refused = [], (IReadOnlyList<string>)[name]).Item2;
            Commit(recipe, names);
            return new()
            {
                Digest = Digests.Prefix + recipe.Digest,
                Names = names.Select(ImageName.Familiar).ToArray(),
                RefusedNames = refused,
                NewLayers = leases.Count(lease => lease.IsNew),
                SkippedDevices = leases.Sum(lease => lease.Facts.SkippedDevices),
            };
        }
        finally
        {
            foreach (var lease in leases)
            {
                lease.Dispose();
            }
        }
    }

    private LayerLease Acquire(LayerBlob blob, IImageSource source, UnpackBudget budget)
    {
        var lease = _layers.Acquire(blob, source, budget);
        if (lease.IsNew)
        {
            return lease;
        }

        var origin = source.Origin.Of($"layer {Digests.Text(blob.DiffId)}");
        try
        {
            // What another image has unpacked counts as well: the limits are those of an image, whatever is there already.
            budget.TakeBytes(lease.Facts.Bytes, origin);
            budget.TakeEntries(lease.Facts.Entries, origin);
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    // While the leases are held nobody removes the layers; afterwards the config is there, which needs them.
    private void Commit(ImageRecipe recipe, IReadOnlyList<string> names)
    {
        using var alone = store.Lock(LayerStore.StoreLockName);
        var file = $"{store.Configs}/{recipe.Digest}";
        // One that is there may be locked by running jobs, and has the same content.
        if (ImageDirectory.Read(file) is not { } known || !known.AsSpan().SequenceEqual(recipe.ConfigBytes))
        {
            store.Write(file, recipe.ConfigBytes);
        }

        if (names.Count > 0 && LeavesNames)
        {
            new NameTable(store).SetFree(names, recipe.Digest);
        }
        else if (names.Count > 0)
        {
            new NameTable(store).Set(names, recipe.Digest);
        }
    }

    private static List<string> Names(ImageRecipe recipe, out IReadOnlyList<string> refused)
    {
        var (names, strange) = (new List<string>(), new List<string>());
        foreach (var text in recipe.Names)
        {
            if (ImageName.Parse(text, out var full) is null)
            {
                names.Add(full);
            }
            else
            {
                strange.Add(text);
            }
        }

        refused = strange;
        return names;
    }
}
