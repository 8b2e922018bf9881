using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Hashing;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Store;

/// <summary>
/// Files that jobs name by their SHA-256: put once, shown to any number of jobs read-only, without a copy. Safe for use by many
/// processes at once; everything in it is this user's.
/// </summary>
/// <param name="directory">Absolute path of the store; its files are below <c>files</c>.</param>
internal sealed class StoredFiles(string directory)
{
    /// <summary>Absolute path of the store.</summary>
    public string Location => directory.TrimEnd('/');

    /// <summary>The directory that has the files, each named by its digest; jobs see single files of it through a view of their own.</summary>
    public string ObjectsDirectory { get; } = StoreRoot.ObjectsOf(directory);

    /// <summary>The store that was named, or this user's.</summary>
    /// <exception cref="SandboxException">There is no place for one.</exception>
    public static StoredFiles Of(string? named) => new(named is null ? StoreLocation.OfUser() : StoreLocation.Named(named));

    /// <summary>Puts a file of the host in; one that is there already only counts as used.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="mostBytes">What the store may have; a larger file is refused.</param>
    /// <param name="cancellationToken">Stops it; the store is as before then.</param>
    /// <exception cref="SandboxException">The file cannot be read, or not be written to the store.</exception>
    public StoredFile Put(string path, long mostBytes, CancellationToken cancellationToken)
    {
        var error = Libc.OpenForReading(Encoding.UTF8.GetBytes(path + '\0'), out var file);
        using (file)
        {
            if (error < 0)
            {
                throw new SandboxException("a file cannot be read") { Operation = Operation.PutFile, Path = path, Errno = Errno.Name(-error) };
            }

            using var root = StoreRoot.Create(directory);
            using var incoming = new Incoming(root);
            incoming.TryClone(file);
            return Take(root, incoming, file, path, mostBytes, cancellationToken);
        }
    }

    /// <summary>Puts in what a descriptor has to read, from where it stands.</summary>
    /// <param name="source">A file or a pipe.</param>
    /// <param name="name">What to call it in an error.</param>
    /// <param name="mostBytes">What the store may have; more is refused.</param>
    /// <param name="cancellationToken">Stops it; the store is as before then.</param>
    /// <exception cref="SandboxException">It cannot be read, or not be written to the store.</exception>
    public StoredFile Put(SafeFileHandle source, string name, long mostBytes, CancellationToken cancellationToken)
    {
        using var root = StoreRoot.Create(directory);
        using var incoming = new Incoming(root);
        return Take(root, incoming, source, name, mostBytes, cancellationToken);
    }

    /// <summary>Puts in what a stream gives.</summary>
    /// <param name="source">Read to its end.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <param name="mostBytes">More is refused.</param>
    /// <param name="cancellationToken">Stops it; the store is as before then.</param>
    /// <exception cref="SandboxException">It is too large (<c>Errno</c> EFBIG), or cannot be written to the store.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public async Task<StoredFile> PutAsync(Stream source, string name, long mostBytes, CancellationToken cancellationToken)
    {
        using var root = StoreRoot.Create(directory);
        using var incoming = new Incoming(root);
        return Commit(root, incoming, await incoming.TakeAsync(source, name, mostBytes, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Puts in what a stream gives, if it is what its name says: nothing of it is to be seen before that is known.</summary>
    /// <param name="source">Read to its end.</param>
    /// <param name="digest">The SHA-256 that it must have.</param>
    /// <param name="mostBytes">More is refused.</param>
    /// <param name="cancellationToken">Stops it; the store is as before then.</param>
    /// <exception cref="SandboxException">It is another (<c>Errno</c> EBADMSG) or too large (EFBIG), or cannot be written to the store.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public async Task<StoredFile> PutKnownAsync(Stream source, string digest, long mostBytes, CancellationToken cancellationToken)
    {
        using var root = StoreRoot.Create(directory);
        using var incoming = new Incoming(root);
        var found = await incoming.TakeAsync(source, digest, mostBytes, cancellationToken).ConfigureAwait(false);
        return found == digest ? Commit(root, incoming, found)
            : throw new SandboxException($"the content is another: its SHA-256 is {found}") { Operation = Operation.PutFile, Path = digest, Errno = "EBADMSG" };
    }

    /// <summary>Makes sure that files are there and sound, and keeps them until the lease is disposed of.</summary>
    /// <exception cref="SandboxException">One is missing or damaged; the error names it and who asked for it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while one was verified.</exception>
    public StoreLease Lease(IReadOnlyList<StoredName> files, CancellationToken cancellationToken)
    {
        var root = StoreRoot.Find(directory) ?? throw Objects.Missing(files[0].Sha256).For(files[0].Pointer);
        var lease = StoreLease.Take(root, files);
        try
        {
            CheckAll(new Objects(root), files, cancellationToken);
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Every file, the one used last at the end.</summary>
    /// <exception cref="SandboxException">The store cannot be opened.</exception>
    public IReadOnlyList<StoredFile> List()
    {
        using var root = StoreRoot.Find(directory);
        if (root is null)
        {
            return [];
        }

        using var alone = root.Own();
        var used = StoreLease.InUse(root);
        return [.. new Objects(root).All().Select(file => file with { InUse = used.Contains(file.Sha256) }).OrderBy(file => file.UsedAt)];
    }

    /// <summary>Removes what was used longest ago until the store has at most this many bytes; what running jobs use stays.</summary>
    /// <exception cref="SandboxException">The store cannot be opened, or a file not be removed.</exception>
    /// <param name="mostBytes">Bytes of content.</param>
    /// <param name="unusedSince">What was last used before this goes in any case; null for nothing.</param>
    public IReadOnlyList<StoredFile> Collect(long mostBytes, DateTimeOffset? unusedSince = null)
    {
        using var root = StoreRoot.Find(directory);
        return root is null ? [] : Eviction.Run(root, mostBytes, unusedSince);
    }

    /// <summary>The file is there, whatever its content.</summary>
    /// <exception cref="SandboxException">The store cannot be opened.</exception>
    public bool Has(string digest)
    {
        using var root = StoreRoot.Find(directory);
        return root is not null && new Objects(root).Find(digest) is not null;
    }

    /// <summary>Removes what was found damaged and moved aside; how many files.</summary>
    /// <exception cref="SandboxException">The store cannot be opened.</exception>
    public int RemoveDamaged()
    {
        using var root = StoreRoot.Find(directory);
        return root is null ? 0 : StoreDirectory.Names(root.Damaged).Count(name => Libc.UnlinkAt(root.Damaged, name) == 0);
    }

    /// <summary>Removes one file.</summary>
    /// <exception cref="SandboxException">It is not there, or a running job uses it.</exception>
    public void Remove(string digest)
    {
        using var root = StoreRoot.Find(directory) ?? throw Objects.Missing(digest);
        using (root.Own())
        {
            if (StoreLease.InUse(root).Contains(digest))
            {
                throw root.Failure($"{ObjectName.Prefix}{digest} is used by a running job", Operation.RemoveStoredFile, Objects.NameOf(digest), -Errno.EBUSY);
            }

            if (!new Objects(root).Remove(digest))
            {
                throw Objects.Missing(digest);
            }
        }

        StoreDirectory.Empty(root.Trash);
    }

    /// <summary>Reads a file as a whole and compares; a damaged one is moved aside.</summary>
    /// <exception cref="SandboxException">It is not there, or damaged.</exception>
    public void Verify(string digest, CancellationToken cancellationToken)
    {
        using var root = StoreRoot.Find(directory) ?? throw Objects.Missing(digest);
        new Objects(root).Verify(digest, cancellationToken);
    }

    /// <summary>Opens a file to read it; it is verified first if it has changed since the last time.</summary>
    /// <exception cref="SandboxException">It is not there, or damaged.</exception>
    public SafeFileHandle OpenRead(string digest, CancellationToken cancellationToken)
    {
        using var root = StoreRoot.Find(directory) ?? throw Objects.Missing(digest);
        var objects = new Objects(root);
        objects.Check(digest, cancellationToken);
        objects.TouchSeldom(digest);
        var error = Libc.OpenToReadAt(root.Objects, digest, out var file);
        return error == 0 ? file : throw Objects.Missing(digest);
    }

    private static StoredFile Take(
        StoreRoot root, Incoming incoming, SafeFileHandle source, string name, long mostBytes, CancellationToken cancellationToken)
    {
        return Commit(root, incoming, incoming.Take(source, name, mostBytes, cancellationToken));
    }

    private static StoredFile Commit(StoreRoot root, Incoming incoming, string digest)
    {
        var objects = new Objects(root);
        using var guard = root.Share();
        if (objects.IsKnown(digest))
        {
            objects.Touch(digest);
        }
        else
        {
            objects.Mark(digest, incoming.Commit(digest));
        }

        return new StoredFile { Sha256 = digest, Bytes = incoming.Bytes, UsedAt = DateTimeOffset.UtcNow };
    }

    private static void CheckAll(Objects objects, IReadOnlyList<StoredName> files, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            try
            {
                objects.Check(file.Sha256, cancellationToken);
                objects.TouchSeldom(file.Sha256);
            }
            catch (SandboxException failure)
            {
                throw failure.For(file.Pointer);
            }
        }
    }
}
