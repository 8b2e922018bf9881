using Sandbox.Storage;

namespace Sandbox.Store;

/// <summary>Makes room: the files that were used longest ago go first, and what a running job uses stays.</summary>
internal static class Eviction
{
    /// <summary>Removes files until the rest has at most this many bytes, and whatever writers that are gone have left.</summary>
    /// <param name="root">The store.</param>
    /// <param name="mostBytes">Bytes of content; what is in use counts, and may be more.</param>
    /// <param name="unusedSince">What was last used before this goes in any case; null for nothing.</param>
    /// <returns>What was removed.</returns>
    /// <exception cref="SandboxException">The store cannot be locked, or a file not be removed.</exception>
    public static IReadOnlyList<StoredFile> Run(StoreRoot root, long mostBytes, DateTimeOffset? unusedSince = null)
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
                if (left <= mostBytes && !(file.UsedAt < unusedSince))
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

            foreach (var leftover in StoreDirectory.Leftovers(root.Incoming))
            {
                using (leftover)
                {
                    _ = leftover.Remove(root.Incoming);
                }
            }
        }

        StoreDirectory.Empty(root.Trash);
        return removed;
    }
}
