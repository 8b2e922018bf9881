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
    /// <summary>How many there are of all tenants; whoever was used longest ago makes room.</summary>
    public const int Most = 65536;

    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int IdLength = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string Id), LinkedListNode<Entry>> _byId = [];
    private readonly LinkedList<Entry> _byUse = new();

    /// <summary>How many there are, and what they come to in bytes.</summary>
    public (int Count, long Bytes) Total
    {
        get
        {
            lock (_lock)
            {
                Forget();
                return (_byId.Count, _byUse.Sum(static entry => entry.File.Bytes));
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
            Forget();
            var id = given ?? RandomNumberGenerator.GetString(Letters, IdLength);
            while (_byId.TryGetValue((tenant, id), out var before))
            {
                if (given is not null)
                {
                    Remove(before);
                    break;
                }

                id = RandomNumberGenerator.GetString(Letters, IdLength);
            }

            _byId.Add((tenant, id), _byUse.AddLast(new Entry(tenant, id, file) { UsedAt = time.GetTimestamp() }));
            while (_byId.Count > Most)
            {
                Remove(_byUse.First!);
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
        var most = store.MaxBytes ?? settings.Files.Bytes;

        // A file that nobody sees, and that is gone with the server: its name in the store is known once all of it is here.
        var passing = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await using var file = new FileStream(passing, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, BufferSize = 0 });
        File.Delete(passing);
        var buffer = new byte[128 << 10];
        long bytes = 0;
        while (await source.ReadAsync(buffer, cancellationToken) is var count and > 0)
        {
            if ((bytes += count) > most)
            {
                throw new SandboxException($"a file may have at most {Quantities.FormatSize(most)}") { Errno = "EFBIG" };
            }

            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        file.Position = 0;
        var stored = await store.PutFromAsync(file.SafeFileHandle, DisplayText.Quote(name), cancellationToken);
        await store.PruneAsync(CancellationToken.None);
        return Add(tenant, new(name, stored.Sha256, stored.Bytes), given);
    }

    /// <summary>The file of an id, which counts as used; null if there is none.</summary>
    public KeptFile? Find(string tenant, string id)
    {
        lock (_lock)
        {
            Forget();
            if (!_byId.TryGetValue((tenant, id), out var node))
            {
                return null;
            }

            node.Value.UsedAt = time.GetTimestamp();
            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value.File;
        }
    }

    /// <summary>Every file of a tenant.</summary>
    public IReadOnlyList<(string Id, string Name)> List(string tenant)
    {
        lock (_lock)
        {
            Forget();
            return [.. _byUse.Where(entry => entry.Tenant == tenant).Select(static entry => (entry.Id, entry.File.Name))];
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
            Forget();
            if (!_byId.TryGetValue((tenant, id), out var node))
            {
                return false;
            }

            Remove(node);
            digest = node.Value.File.Sha256;
            if (_byUse.Any(entry => entry.Tenant == tenant && entry.File.Sha256 == digest))
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

    private void Forget()
    {
        while (_byUse.First is { } oldest && time.GetElapsedTime(oldest.Value.UsedAt) > settings.Files.Age)
        {
            Remove(oldest);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byId.Remove((node.Value.Tenant, node.Value.Id));
        _byUse.Remove(node);
    }

    private sealed class Entry(string tenant, string id, KeptFile file)
    {
        public string Tenant => tenant;

        public string Id => id;

        public KeptFile File => file;

        public long UsedAt { get; set; }
    }
}
