using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Images;

// A layer is a directory named by its content. It is made under a passing name and renamed when it is whole and on the disk,
// so one that has its name is good for ever. Who makes one holds the lock "layer-…"; who needs one that no image names
// yet holds a shared flock(2) on the directory itself, which is what the removal of layers asks for.

/// <summary>The unpacked layers of a store.</summary>
internal sealed class LayerStore(ImageDirectory store, ImageLimits limits)
{
    /// <summary>The lock under which names in the store come and go.</summary>
    public const string StoreLockName = "store";

    /// <summary>The directory for overlayfs.</summary>
    public string Tree(string diffId) => $"{store.Layers}/{diffId}/tree";

    /// <summary>The layer is there.</summary>
    public bool Has(string diffId) => Libc.StatusOf(Tree(diffId), out _) == 0;

    /// <summary>What is known about it; null if it is not there.</summary>
    public LayerFacts? Facts(string diffId) =>
        ImageDirectory.Read($"{store.Layers}/{diffId}/{LayerFacts.File}") is { } line ? LayerFacts.Parse(line) : null;

    /// <summary>Holds the layer, unpacking it first where it is missing; waits if somebody else is doing so.</summary>
    /// <exception cref="InvalidImageException">The layer is damaged or hostile; nothing of it is left.</exception>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public LayerLease Acquire(LayerBlob blob, IImageSource source, UnpackBudget budget)
    {
        while (true)
        {
            if (TryHold(blob.DiffId) is { } held)
            {
                return held;
            }

            using var making = store.Lock("layer-" + blob.DiffId);
            if (!Has(blob.DiffId))
            {
                return Make(blob, source, budget);
            }
        }
    }

    /// <summary>Moves a layer that nobody holds out of the way, and locks it for its removal; null if somebody does.</summary>
    /// <remarks>Under the lock of the store.</remarks>
    public Leftover? TryDiscard(string diffId)
    {
        var error = ImageDirectory.OpenDirectory($"{store.Layers}/{diffId}", out var directory);
        if (error == 0)
        {
            error = Libc.TryLock(directory);
        }

        var name = ImageDirectory.PassingName("gone");
        if (error == 0)
        {
            error = ImageDirectory.Move($"{store.Layers}/{diffId}", $"{store.Passing}/{name}");
        }

        if (error == 0)
        {
            return new(name, directory);
        }

        directory.Dispose();
        return null;
    }

    private LayerLease? TryHold(string diffId)
    {
        var path = $"{store.Layers}/{diffId}";
        var error = ImageDirectory.OpenDirectory(path, out var directory);
        if (error == 0)
        {
            error = Libc.LockTogether(directory);
        }
        // Between the two calls it may have been moved out of the way.
        if (error == 0 && Libc.Status(directory, out var held) == 0 && Libc.StatusOf(path, out var there) == 0 && held.Inode == there.Inode)
        {
            return new(directory, Facts(diffId) ?? LayerFacts.Parse([]), isNew: false);
        }

        directory.Dispose();
        return error is 0 or -Errno.ENOENT ? null : throw StoreFailure.Of("a layer of the image store cannot be opened", path, -error);
    }

    private LayerLease Make(LayerBlob blob, IImageSource source, UnpackBudget budget)
    {
        var name = ImageDirectory.PassingName("layer");
        using var passing = ImageDirectory.Open(store.Passing);
        var directory = Begin(passing, name);
        try
        {
            var facts = new LayerImport(source, limits, budget).Unpack(blob, directory, $"{store.Passing}/{name}");
            Complete(passing, name, directory, blob.DiffId);
            return new(directory, facts, isNew: true);
        }
        catch
        {
            _ = TreeRemoval.Remove(passing, ImageDirectory.Bytes(name));
            directory.Dispose();
            throw;
        }
    }

    // Made and locked in one step for those who look for leftovers.
    private SafeFileHandle Begin(SafeFileHandle passing, string name)
    {
        using var alone = store.Lock(StoreLockName);
        var error = Libc.MakePrivateDirectoryAt(passing, ImageDirectory.Bytes(name));
        var directory = error < 0 ? throw StoreFailure.Of("a layer cannot be made", store.Passing, -error) : ImageDirectory.Open($"{store.Passing}/{name}");
        error = Libc.LockTogether(directory);
        return error == 0 ? directory : throw StoreFailure.Of("a layer cannot be locked", store.Passing, -error);
    }

    // A rename may reach the disk before the files do, and after a power failure a layer of empty files would have its
    // name. One syncfs(2) is faster than an fsync for each file, and since Linux 5.8 tells of failed writes.
    private void Complete(SafeFileHandle passing, string name, SafeFileHandle directory, string diffId)
    {
        var error = Libc.SyncFileSystem(directory);
        if (error < 0)
        {
            throw StoreFailure.Of("a layer cannot be written to the disk", store.Layers, -error);
        }

        using var layers = ImageDirectory.Open(store.Layers);
        error = Libc.RenameAt(passing, ImageDirectory.Bytes(name), layers, ImageDirectory.Bytes(diffId));
        if (error < 0)
        {
            throw StoreFailure.Of("a layer cannot be given its name", $"{store.Layers}/{diffId}", -error);
        }
    }
}
