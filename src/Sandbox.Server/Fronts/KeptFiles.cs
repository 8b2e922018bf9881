using System.Security.Cryptography;
using Sandbox.Server.Files;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts;

/// <summary>A file that clients name by its id.</summary>
/// <param name="Name">What it was called.</param>
/// <param name="Sha256">The name of its bytes in the store of its tenant.</param>
/// <param name="Bytes">How many there are.</param>
internal sealed record KeptFile(string Name, string Sha256, long Bytes);

/// <summary>
/// The files of clients by id, each tenant's for itself. The bytes lie in the tenant's store, which bounds their size and age; ids are in memory and go with the server.
/// </summary>
internal sealed class KeptFiles(TenantFiles files, ServerSettings settings, TimeProvider time)
{
    /// <summary>How many there are of all tenants. Beyond it, whoever has most of them loses what it has not used for longest: nobody makes another one's go.</summary>
    public const int Most = 65536;

    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int IdLength = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);
    private int _count;
    private long _bytes;

    /// <summary>How many there are, and what they come to in bytes.</summary>
    public (int Count, long Bytes) Total
    {
        get
        {
            lock (_lock)
            {
                ForgetOld();
                return (_count, _bytes);
            }
        }
    }

    /// <summary>Adds one whose bytes are in the tenant's store already.</summary>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="file">The file.</param>
    /// <param name="given">The id, if the client chooses it; whatever had it before has it no more.</param>
    /// <returns>Its id.</returns>
    public string Add(string tenant, KeptFile file, string? given = null)
    {
        lock (_lock)
        {
            ForgetOld();
            var share = ShareOf(tenant);
            var id = given ?? RandomNumberGenerator.GetString(Letters, IdLength);
            while (share.Find(id) is { } before)
            {
                if (given is not null)
                {
                    Remove(share, before);
                    break;
                }

                id = RandomNumberGenerator.GetString(Letters, IdLength);
            }

            share.Add(new(id, file) { UsedAt = time.GetTimestamp() });
            _shares[tenant] = share;
            (_count, _bytes) = (_count + 1, _bytes + file.Bytes);
            while (_count > Most)
            {
                var largest = _shares.Values.MaxBy(static other => other.Count)!;
                Remove(largest, largest.Oldest!);
            }

            return id;
        }
    }

    /// <summary>Puts bytes in and gives them an id.</summary>
    /// <param name="tenant">Whose they are.</param>
    /// <param name="name">What they are called.</param>
    /// <param name="source">Read to its end.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="given">As of <see cref="Add"/>.</param>
    /// <exception cref="SandboxException">The store does not take them; <c>Errno</c> is EFBIG where they are too many.</exception>
    public async Task<string> PutAsync(string tenant, string name, Stream source, CancellationToken cancellationToken, string? given = null)
    {
        var store = files.Of(tenant);
        var stored = await store.PutUploadAsync(new CountedStream(source, store.MaxBytes ?? settings.Files.Bytes), DisplayText.Quote(name), cancellationToken);
        await store.PruneAsync(CancellationToken.None);
        return Add(tenant, new(name, stored.Sha256, stored.Bytes), given);
    }

    /// <summary>The file of an id, which counts as used; null if there is none.</summary>
    public KeptFile? Find(string tenant, string id)
    {
        lock (_lock)
        {
            ForgetOld();
            var share = ShareOf(tenant);
            if (share.Find(id) is not { } node)
            {
                return null;
            }

            node.Value.UsedAt = time.GetTimestamp();
            share.Use(node);
            return node.Value.File;
        }
    }

    /// <summary>Every file of a tenant.</summary>
    public IReadOnlyList<(string Id, string Name)> List(string tenant)
    {
        lock (_lock)
        {
            ForgetOld();
            return [.. ShareOf(tenant).All.Select(static entry => (entry.Id, entry.File.Name))];
        }
    }

    /// <summary>Opens the bytes of a file.</summary>
    /// <returns>Null if the store has dropped them: then there is no such id any more.</returns>
    public async Task<FileStream?> OpenAsync(string tenant, string id, KeptFile file, CancellationToken cancellationToken)
    {
        try
        {
            return await files.Of(tenant).OpenReadAsync(file.Sha256, cancellationToken);
        }
        catch (SandboxException failure) when (failure.Errno is "ENOENT" or "EIO")
        {
            await RemoveAsync(tenant, id);
            return null;
        }
    }

    /// <summary>Forgets an id, and the bytes where no other id has them.</summary>
    /// <returns>False if there is none.</returns>
    public async Task<bool> RemoveAsync(string tenant, string id)
    {
        string digest;
        lock (_lock)
        {
            ForgetOld();
            var share = ShareOf(tenant);
            if (share.Find(id) is not { } node)
            {
                return false;
            }

            Remove(share, node);
            digest = node.Value.File.Sha256;
            if (share.All.Any(entry => entry.File.Sha256 == digest))
            {
                return true;
            }
        }

        try
        {
            await files.Of(tenant).RemoveAsync(digest);
        }
        catch (SandboxException)
        {
            // A job has it, or it is gone already: the store's own bounds see to it.
        }

        return true;
    }

    private Share ShareOf(string tenant) => _shares.GetValueOrDefault(tenant) ?? new();

    private void ForgetOld()
    {
        foreach (var (tenant, share) in _shares)
        {
            while (share.Oldest is { } oldest && time.GetElapsedTime(oldest.Value.UsedAt) > settings.Files.Age)
            {
                Remove(share, oldest);
            }

            if (share.Count == 0)
            {
                _shares.Remove(tenant);
            }
        }
    }

    private void Remove(Share share, LinkedListNode<Entry> node)
    {
        share.Remove(node);
        (_count, _bytes) = (_count - 1, _bytes - node.Value.File.Bytes);
    }

    // What one tenant has, the one used longest ago first.
    private sealed class Share
    {
        private readonly Dictionary<string, LinkedListNode<Entry>> _byId = new(StringComparer.Ordinal);
        private readonly LinkedList<Entry> _byUse = new();

        public int Count => _byId.Count;

        public IEnumerable<Entry> All => _byUse;

        public LinkedListNode<Entry>? Oldest => _byUse.First;

        public LinkedListNode<Entry>? Find(string id) => _byId.GetValueOrDefault(id);

        public void Add(Entry entry) => _byId.Add(entry.Id, _byUse.AddLast(entry));

        public void Use(LinkedListNode<Entry> node)
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
        }

        public void Remove(LinkedListNode<Entry> node)
        {
            _byId.Remove(node.Value.Id);
            _byUse.Remove(node);
        }
    }

    private sealed class Entry(string id, KeptFile file)
    {
        public string Id => id;

        public KeptFile File => file;

        public long UsedAt { get; set; }
    }
}
