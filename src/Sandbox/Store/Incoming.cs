using Microsoft.Win32.SafeHandles;
using Sandbox.Hashing;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Store;

/// <summary>
/// One file on its way into the store: it is hashed while it is copied to a passing name, and appears under its own in one
/// step. What a writer that was killed leaves is locked by nobody, and the next one who makes room removes it.
/// </summary>
internal sealed class Incoming(StoreRoot root) : IDisposable
{
    private const int BufferBytes = 1 << 20;
    private const int Private = 0x180; // 0600
    private const int ForAll = 0x16d;  // 0555: readable for jobs of real root, whose id is another, and executable if it is a program

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly string _name = $"{Guid.NewGuid():n}";
    private ContentDigest? _hash;
    private SafeFileHandle? _file;
    private bool _isClone;
    private int _held;

    /// <summary>How many bytes came.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// Shares the blocks of a large file, where the file system can (btrfs, XFS): nothing is copied then. What is taken afterwards is the clone,
    /// which nobody else can change.
    /// </summary>
    public void TryClone(SafeFileHandle source)
    {
        if (Libc.Status(source, out var status) < 0 || status.Kind != FileKind.Regular || status.Size <= BufferBytes)
        {
            return;
        }

        Begin();
        _isClone = Libc.Clone(source, _file!) == 0;
    }

    /// <summary>Takes everything a file has from where it stands; returns its SHA-256.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="name">What to call it in an error.</param>
    /// <param name="mostBytes">More is an error.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="SandboxException">It cannot be read or written, or is too large.</exception>
    public string Take(SafeFileHandle source, string name, long mostBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = Fill(_isClone ? _file! : source);
            if (count < 0)
            {
                throw new SandboxException("a file cannot be read") { Operation = Operation.PutFile, Path = name, Errno = Errno.Name(-count) };
            }

            if (Add(count, name, mostBytes) is { } digest)
            {
                return digest;
            }
        }
    }

    /// <summary>The same of a stream, which may be slow: no thread waits for it.</summary>
    /// <inheritdoc cref="Take"/>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public async Task<string> TakeAsync(Stream source, string name, long mostBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var count = await source.ReadAtLeastAsync(_buffer, BufferBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (Add(count, name, mostBytes) is { } digest)
            {
                return digest;
            }
        }
    }

    /// <summary>Gives the file its name, whatever was there; the store is shared meanwhile.</summary>
    /// <returns>What the file looks like then.</returns>
    /// <exception cref="SandboxException">It cannot be written.</exception>
    public FileStatus Commit(string digest)
    {
        if (_file is null)
        {
            Begin();
        }

        Write(_held);
        Check(Libc.ChangeMode(_file!, ForAll));
        Check(Libc.RenameAt(root.Incoming, _name, root.Objects, digest));
        Check(Libc.Status(_file!, out var status));
        return status;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_file is null)
        {
            return;
        }

        // ENOENT if it was committed.
        _ = Libc.UnlinkAt(root.Incoming, _name);
        _file.Dispose();
    }

    // Until the lock is taken, who makes room must not look.
    private void Begin()
    {
        using var guard = root.Share();
        Check(Libc.CreateAt(root.Incoming, _name, Private, out _file));
        Check(Libc.TryLock(_file));
    }

    // The digest once the end has come: less than a whole buffer.
    private string? Add(int count, string name, long mostBytes)
    {
        Bytes += count;
        if (Bytes > mostBytes)
        {
            throw TooLarge(name, mostBytes);
        }

        _hash ??= new ContentDigest(count);
        _hash.Add(_buffer.AsSpan(0, count));
        if (count < BufferBytes)
        {
            // Kept back: a small file that is there already is never written at all.
            _held = count;
            return _hash.Finish();
        }

        Write(BufferBytes);
        return null;
    }

    // A pipe gives what it has: only less than a whole buffer at the end is the end.
    private int Fill(SafeFileHandle source)
    {
        var filled = 0;
        while (filled < BufferBytes)
        {
            var count = Libc.Read(source, _buffer.AsSpan(filled));
            if (count == -Errno.EAGAIN)
            {
                _ = Libc.Poll([new PollEntry { Descriptor = source.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable }], null);
                continue;
            }

            if (count < 0)
            {
                return count;
            }

            if (count == 0)
            {
                break;
            }

            filled += count;
        }

        return filled;
    }

    private void Write(int count)
    {
        if (_isClone)
        {
            return;
        }

        if (_file is null)
        {
            Begin();
        }

        Check(Libc.WriteAll(_file!, _buffer.AsSpan(0, count)));
    }

    private void Check(int error)
    {
        if (error < 0)
        {
            throw root.Failure("a file cannot be written to the store", Operation.PutFile, "incoming/" + _name, error);
        }
    }

    private static SandboxException TooLarge(string name, long mostBytes) => new($"larger than the whole store may be, {Amount.Bytes(mostBytes)}")
    {
        Operation = Operation.PutLargeFile,
        Path = name,
        Errno = "EFBIG",
    };
}
