using Sandbox.Interop;

namespace Sandbox.Store;

/// <summary>Makes room: the files that were used longest ago go first, and what a running job uses stays.</summary>
internal static class Eviction
{
    /// <summary>Removes files until the rest has at most this many bytes, and whatever writers that are gone have left.</summary>
    /// <param name="root">The store.</param>
    /// <param name="mostBytes">Bytes of content; what is in use counts, and may be more.</param>
    /// <returns>What was removed.</returns>
    /// <exception cref="SandboxException">The store cannot be locked, or a file not be removed.</exception>
    public static IReadOnlyList<StoredFile> Run(StoreRoot root, long mostBytes)
    {
        var removed = new List<StoredFile>();
        using (root.Own())
        {
            var objects = new Objects(root);
            var files = objects.All();
            var left = files.Sum(file => file.Bytes);
            var used = StoreLease.InUse(root);
            foreach (var file in files.OrderBy(file => file.UsedAt))
            {
                if (left <= mostBytes)
                {
                    break;
                }

                if (used.Contains(file.Sha256) || !objects.Remove(file.Sha256))
                {
                    continue;
                }

                removed.Add(file);
                left -= file.Bytes;
            }

            RemoveLeftovers(root);
        }

        EmptyTrash(root);
        return removed;
    }

    /// <summary>Frees what was removed. That takes long for a large file, and jobs that start need not wait for it: no lock is needed.</summary>
    public static void EmptyTrash(StoreRoot root)
    {
        foreach (var name in StoreRoot.NamesIn(root.Trash))
        {
            _ = Libc.UnlinkAt(root.Trash, name);
        }
    }

    private static void RemoveLeftovers(StoreRoot root)
    {
        foreach (var name in StoreRoot.NamesIn(root.Incoming))
        {
            if (Libc.OpenToReadAt(root.Incoming, name, out var file) < 0)
            {
                continue;
            }

            using (file)
            {
                if (Libc.TryLock(file) == 0)
                {
                    _ = Libc.UnlinkAt(root.Incoming, name);
                }
            }
        }
    }
}
