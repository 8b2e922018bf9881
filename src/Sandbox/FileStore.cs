using Microsoft.Win32.SafeHandles;
using Sandbox.Hashing;
using Sandbox.Store;

namespace Sandbox;

/// <summary>
/// Files that jobs name by their SHA-256 (<see cref="StoredContent"/>, <see cref="StoredMount"/>): put once, shown to any number of jobs read-only, without a
/// copy. A file is read and compared with its name on its first use after every change, so a damaged one never reaches a job.
/// </summary>
/// <param name="directory">
/// The store, as in <see cref="SandboxOptions.Store"/>; files are below <c>files</c> in it. Null (the default): the environment variable SANDBOX_STORE, else
/// <c>/var/lib/sandbox</c> for root, <c>$XDG_DATA_HOME/sandbox</c> or <c>$HOME/.local/share/sandbox</c> for others.
/// </param>
/// <remarks>Any number of processes and threads may use one store at the same time. Work on files is done on threads of the pool, of which it blocks one.</remarks>
public sealed class FileStore(string? directory = null)
{
    /// <summary>What stands before the digest where job.json names a file of the store.</summary>
    public const string NamePrefix = ObjectName.Prefix;

    /// <summary>
    /// What the store may have in bytes: a larger file is refused, and <see cref="PruneAsync"/> makes room down to it. Null (the default): the environment variable
    /// SANDBOX_STORE_SIZE, else 10 GiB.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>What was not used for so long is removed by <see cref="PruneAsync"/>. Null (the default): nothing is removed for its age.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>
    /// A store of somebody's own below this one: a file that is in any other is not in it, so that nobody learns from it what others have. Jobs are given it with
    /// <see cref="SandboxRunner.RunDocumentWithFilesAsync"/>.
    /// </summary>
    /// <param name="name">Whose; any text.</param>
    /// <exception cref="SandboxException">There is no place for a store.</exception>
    public FileStore OfTenant(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new($"{TenantsDirectory()}/{ContentDigest.Of(System.Text.Encoding.UTF8.GetBytes(name))}") { MaxBytes = MaxBytes, MaxAge = MaxAge };
    }

    /// <summary>The digest in a file's name.</summary>
    /// <param name="name"><c>sha256:</c> and 64 hexadecimal digits in lower case, or the digits alone.</param>
    /// <exception cref="FormatException">It is neither; the message says what it must be.</exception>
    public static string DigestOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var digits = name.StartsWith(NamePrefix, StringComparison.Ordinal) ? name[NamePrefix.Length..] : name;
        return ObjectName.Problem(digits) is { } problem ? throw new FormatException(problem) : digits;
    }

    /// <summary>Puts a file of the host in, by sharing its blocks where the file system can (btrfs, XFS); one that is there already only counts as used.</summary>
    /// <param name="path">Path on the host; a relative one starts from the current directory.</param>
    /// <param name="cancellationToken">Stops it; the store is as before then.</param>
    /// <exception cref="SandboxException">The file cannot be read or is too large, or the store cannot be written.</exception>
    /// <exception cref="FormatException">SANDBOX_STORE_SIZE is no size.</exception>
    public Task<StoredFile> PutAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(() => Open().Put(Path.GetFullPath(path), Bytes(), cancellationToken), cancellationToken);
    }

    /// <summary>Puts in what an open file or pipe has to read, from where it stands.</summary>
    /// <param name="source">Read to its end; not closed.</param>
    /// <param name="name">What to call it in errors, such as <c>stdin</c>.</param>
    /// <param name="cancellationToken">Stops it between two reads; the store is as before then.</param>
    /// <inheritdoc cref="PutAsync(string, CancellationToken)" path="/exception"/>
    public Task<StoredFile> PutFromAsync(SafeFileHandle source, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(name);
        return Task.Run(() => Open().Put(source, name, Bytes(), cancellationToken), cancellationToken);
    }

    /// <summary>Puts in what a stream gives, whatever it is. No thread waits for the stream, and what came of it has a name nowhere but in the store's own directory, which is its user's alone.</summary>
    /// <param name="source">Read to its end; not closed.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <param name="cancellationToken">Stops it; the store is as before then.</param>
    /// <exception cref="SandboxException">It is too large (<c>Errno</c> EFBIG), or the store cannot be written.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="FormatException">SANDBOX_STORE_SIZE is no size.</exception>
    public Task<StoredFile> PutUploadAsync(Stream source, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(name);
        return Open().PutAsync(source, name, Bytes(), cancellationToken);
    }

    /// <summary>Puts in what a stream gives, if it has the SHA-256 that is told: nothing of it is to be seen before that is known. No thread waits for the stream.</summary>
    /// <param name="source">Read to its end; not closed.</param>
    /// <param name="sha256">64 hexadecimal digits in lower case.</param>
    /// <param name="cancellationToken">Stops it; the store is as before then.</param>
    /// <exception cref="SandboxException">The content is another (<c>Errno</c> EBADMSG) or too large (EFBIG), or the store cannot be written.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="ArgumentException">The digits are not those of a SHA-256.</exception>
    /// <exception cref="FormatException">SANDBOX_STORE_SIZE is no size.</exception>
    public Task<StoredFile> PutStreamAsync(Stream source, string sha256, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        Check(sha256);
        return Open().PutKnownAsync(source, sha256, Bytes(), cancellationToken);
    }

    /// <summary>Opens a file to read it, after it was compared with its name if that is due. It can be read to its end even if it is removed meanwhile.</summary>
    /// <param name="sha256">64 hexadecimal digits in lower case.</param>
    /// <param name="cancellationToken">Stops the comparison.</param>
    /// <exception cref="SandboxException">It is not there (<c>Errno</c> ENOENT) or damaged (EIO).</exception>
    /// <exception cref="ArgumentException">The digits are not those of a SHA-256.</exception>
    public Task<FileStream> OpenReadAsync(string sha256, CancellationToken cancellationToken = default)
    {
        Check(sha256);
        return Task.Run(() => new FileStream(Open().OpenRead(sha256, cancellationToken), FileAccess.Read), cancellationToken);
    }

    /// <summary>Every file, the one used last at the end; none where there is no store yet.</summary>
    /// <param name="cancellationToken">Only before it begins: a list is short.</param>
    /// <exception cref="SandboxException">The store cannot be opened, or there is no place for one.</exception>
    public Task<IReadOnlyList<StoredFile>> ListAsync(CancellationToken cancellationToken = default) => Task.Run(() => Open().List(), cancellationToken);

    /// <summary>Removes one file.</summary>
    /// <param name="sha256">64 hexadecimal digits in lower case.</param>
    /// <param name="cancellationToken">Only before it begins.</param>
    /// <exception cref="SandboxException">It is not there (<c>Errno</c> ENOENT), or a running job uses it (EBUSY).</exception>
    /// <exception cref="ArgumentException">The digits are not those of a SHA-256.</exception>
    public Task RemoveAsync(string sha256, CancellationToken cancellationToken = default)
    {
        Check(sha256);
        return Task.Run(() => Open().Remove(sha256), cancellationToken);
    }

    /// <summary>Reads a file as a whole, whatever is known of it, and compares it with its name; a damaged one is moved aside and never used again.</summary>
    /// <param name="sha256">64 hexadecimal digits in lower case.</param>
    /// <param name="cancellationToken">Stops it between two reads.</param>
    /// <exception cref="SandboxException">It is not there (<c>Errno</c> ENOENT) or damaged (EIO).</exception>
    /// <exception cref="ArgumentException">The digits are not those of a SHA-256.</exception>
    public Task VerifyAsync(string sha256, CancellationToken cancellationToken = default)
    {
        Check(sha256);
        return Task.Run(() => Open().Verify(sha256, cancellationToken), cancellationToken);
    }

    /// <summary>Removes what was used longest ago until the store has at most <see cref="MaxBytes"/>, what was not used for <see cref="MaxAge"/>, and what interrupted writers have left; what running jobs use stays.</summary>
    /// <param name="cancellationToken">Only before it begins.</param>
    /// <returns>What was removed.</returns>
    /// <exception cref="SandboxException">The store cannot be opened, or a file not be removed.</exception>
    /// <exception cref="FormatException">SANDBOX_STORE_SIZE is no size.</exception>
    public Task<IReadOnlyList<StoredFile>> PruneAsync(CancellationToken cancellationToken = default) => Task.Run(() => Collect(), cancellationToken);

    /// <summary>The same for every store that was made by <see cref="OfTenant"/>; this one stays as it is.</summary>
    /// <param name="cancellationToken">Between two of them.</param>
    /// <exception cref="SandboxException">A store cannot be opened, or a file not be removed.</exception>
    /// <exception cref="FormatException">SANDBOX_STORE_SIZE is no size.</exception>
    public Task PruneTenantsAsync(CancellationToken cancellationToken = default) => Task.Run(() =>
    {
        var directory = TenantsDirectory();
        foreach (var tenant in Directory.Exists(directory) ? Directory.GetDirectories(directory) : [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            new FileStore(tenant) { MaxBytes = MaxBytes, MaxAge = MaxAge }.Collect();
        }
    }, cancellationToken);

    /// <summary>Removes files that were found damaged and moved aside.</summary>
    /// <param name="cancellationToken">Only before it begins.</param>
    /// <returns>How many.</returns>
    /// <exception cref="SandboxException">The store cannot be opened.</exception>
    public Task<int> RemoveDamagedAsync(CancellationToken cancellationToken = default) => Task.Run(() => Open().RemoveDamaged(), cancellationToken);

    private static void Check(string sha256)
    {
        if (!ObjectName.IsDigest(sha256))
        {
            throw new ArgumentException("must be 64 hexadecimal digits in lower case", nameof(sha256));
        }
    }

    internal StoredFiles Open() => StoredFiles.Of(directory);

    internal long Bytes() => MaxBytes ?? StoreSize.OfEnvironment();

    internal IReadOnlyList<StoredFile> Collect() => Open().Collect(Bytes(), MaxAge is { } age ? DateTimeOffset.UtcNow - age : null);

    private string TenantsDirectory() => (directory is null ? StoreLocation.OfUser() : StoreLocation.Named(directory)).TrimEnd('/') + "/tenants";
}
