using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Hashing;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Store;

/// <summary>
/// The files of the store and what is remembered of each: a mark, which is a link that says what the file looked like when its
/// content was last verified, and whose own time is that of the last use. So a file is read as a whole on its first use
/// and after every change of it, and on all other uses three calls are enough.
/// </summary>
internal sealed class Objects(StoreRoot root)
{
    private const string Directory = "objects/";
    private const string Marks = "marks/";
    private const int BufferBytes = 1 << 20;
    private static readonly TimeSpan s_touchInterval = TimeSpan.FromMinutes(1);

    private readonly byte[] _boot = Fingerprint.ThisBoot();

    public static string NameOf(string digest) => Directory + digest;

    /// <summary>The file is there, and nothing has changed since it was verified.</summary>
    public bool IsKnown(string digest) => Libc.StatusIn(root.Objects, digest, out var status) == 0 && IsKnown(digest, status);

    /// <summary>The size and the last use; null if it is not there.</summary>
    public StoredFile? Find(string digest)
    {
        if (Libc.StatusIn(root.Objects, digest, out var status) < 0 || status.Kind != FileKind.Regular)
        {
            return null;
        }

        // Without a mark nobody knows when it was used: whoever makes room takes it first.
        var used = Libc.StatusIn(root.Marks, digest, out var mark) == 0 ? TimeOf(mark) : DateTimeOffset.UnixEpoch;
        return new StoredFile { Sha256 = digest, Bytes = status.Size, UsedAt = used };
    }

    /// <summary>Makes sure that the file has the content its name says; reads it only if it has changed since the last time.</summary>
    /// <exception cref="SandboxException">It is not there, cannot be read, or is damaged; then it is out of the way.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while it was read.</exception>
    public void Check(string digest, CancellationToken cancellationToken)
    {
        if (!IsKnown(digest))
        {
            Verify(digest, cancellationToken);
        }
    }

    /// <summary>Reads the file, whatever is known of it.</summary>
    /// <inheritdoc cref="Check" path="/exception"/>
    public void Verify(string digest, CancellationToken cancellationToken)
    {
        var error = Libc.OpenToReadAt(root.Objects, digest, out var file);
        using (file)
        {
            if (error == -Errno.ENOENT)
            {
                throw Missing(digest);
            }

            if (error < 0)
            {
                throw root.Failure("a file of the store cannot be read", Operation.VerifyStoredFile, Directory + digest, error);
            }

            // What is recorded is how the file looked before it was read: a change while it is read shows the next time.
            _ = Libc.Status(file, out var status);
            if (status.Kind != FileKind.Regular || DigestOf(file, digest, status.Size, cancellationToken) != digest)
            {
                throw Damaged(digest);
            }

            Mark(digest, status);
        }
    }

    /// <summary>Notes that the file as it is now has been verified, and is used now.</summary>
    public void Mark(string digest, in FileStatus status)
    {
        var name = digest;
        Span<byte> fingerprint = stackalloc byte[Fingerprint.Length];
        Fingerprint.Write(status, _boot, fingerprint);
        var text = Encoding.ASCII.GetString(fingerprint);
        var error = Libc.LinkAt(text, root.Marks, name);
        if (error == -Errno.EEXIST)
        {
            // Two that do this at once write the same.
            _ = Libc.UnlinkAt(root.Marks, name);
            error = Libc.LinkAt(text, root.Marks, name);
        }

        if (error < 0 && error != -Errno.EEXIST)
        {
            throw root.Failure("a mark cannot be written in the store", Operation.MarkStoredFile, Marks + digest, error);
        }
    }

    /// <summary>Notes a use now; a mark that somebody has just removed says nothing any more.</summary>
    public void Touch(string digest) => _ = Libc.TouchAt(root.Marks, digest);

    /// <summary>Notes a use by a job, at most once a minute.</summary>
    public void TouchSeldom(string digest)
    {
        if (Libc.StatusIn(root.Marks, digest, out var mark) == 0 && DateTimeOffset.UtcNow - TimeOf(mark) > s_touchInterval)
        {
            Touch(digest);
        }
    }

    /// <summary>Every file, in no order.</summary>
    public List<StoredFile> All()
    {
        var files = new List<StoredFile>();
        foreach (var name in StoreDirectory.Names(root.Objects))
        {
            if (ObjectName.IsDigest(name) && Find(name) is { } file)
            {
                files.Add(file);
            }
        }

        return files;
    }

    /// <summary>Takes the file out of sight; false if it is not there. Its blocks are freed by <see cref="StoreDirectory.Empty"/>.</summary>
    public bool Remove(string digest)
    {
        var moved = Libc.RenameAt(root.Objects, digest, root.Trash, $"{digest}.{Guid.NewGuid():n}");
        _ = Libc.UnlinkAt(root.Marks, digest);
        if (moved < 0 && moved != -Errno.ENOENT)
        {
            throw root.Failure("a file of the store cannot be removed", Operation.RemoveStoredFile, Directory + digest, moved);
        }

        return moved == 0;
    }

    /// <summary>A file that is not there, with what to do about it. Where the store is, is not for everybody who may name its files.</summary>
    public static SandboxException Missing(string digest) => new($"{ObjectName.Prefix}{digest} is not in the store") { Operation = Operation.FindStoredFile, Errno = "ENOENT" };

    private bool IsKnown(string digest, in FileStatus status)
    {
        Span<byte> expected = stackalloc byte[Fingerprint.Length];
        Span<byte> found = stackalloc byte[Fingerprint.Length + 1];
        var length = Libc.LinkTextAt(root.Marks, digest, found);
        Fingerprint.Write(status, _boot, expected);
        return status.Kind == FileKind.Regular && length > 0 && found[..length].SequenceEqual(expected);
    }

    private static DateTimeOffset TimeOf(in FileStatus mark) =>
        DateTimeOffset.FromUnixTimeSeconds(mark.Modified.Seconds).AddTicks(mark.Modified.Nanoseconds / TimeSpan.NanosecondsPerTick);

    private string DigestOf(SafeFileHandle file, string digest, long size, CancellationToken cancellationToken)
    {
        var hash = new ContentDigest(size);
        var buffer = new byte[BufferBytes];
        int count;
        while ((count = Libc.Read(file, buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.Add(buffer.AsSpan(0, count));
        }

        return count == 0 ? hash.Finish() : throw root.Failure("a file of the store cannot be read", Operation.VerifyStoredFile, Directory + digest, count);
    }

    // Never used again, but kept: somebody may want to know what became of it.
    private SandboxException Damaged(string digest)
    {
        var aside = $"{digest}.{Guid.NewGuid():n}";
        var error = Libc.RenameAt(root.Objects, digest, root.Damaged, aside);
        _ = Libc.UnlinkAt(root.Marks, digest);
        return new($"{ObjectName.Prefix}{digest} is damaged: its content is another" + (error == 0 ? $"; it was moved to {root.Path}/damaged/{aside}" : ""))
        {
            Operation = Operation.ReplaceDamagedFile,
            Path = $"{root.Path}/{Directory}{digest}",
            Errno = "EIO",
        };
    }
}
