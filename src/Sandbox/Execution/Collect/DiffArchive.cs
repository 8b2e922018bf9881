using System.IO.Compression;
using Sandbox.Hashing;
using Sandbox.Interop;

namespace Sandbox.Execution.Collect;

// A changeset as the layers of OCI images are (image-spec, layer.md): what is gone is an empty file ".wh.NAME", and a directory
// with ".wh..wh..opq" hides what it had. Set-id bits stay behind: an archive that is unpacked by root must not bring a program
// of the job that runs as somebody else.

/// <summary>The changes as a tar file, written under a passing name until it is complete.</summary>
internal sealed class DiffArchive : IDisposable
{
    private const int FileMode = 0x1a4;        // 0644
    private const int DirectoryPermissions = 0x3ff; // 01777
    private const int FilePermissions = 0x1ff;   // 0777
    private const int LinkPermissions = 0x1ff;
    private const string Whiteout = ".wh.";
    private const string OpaqueWhiteout = ".wh..wh..opq";

    private readonly OutputPlace _place;
    private readonly OutputDestination _destination;
    private readonly ArchiveSink _sink;
    private readonly Stream _stream;
    private readonly PaxWriter _writer;

    private DiffArchive(OutputPlace place, OutputDestination destination, JobUser user)
    {
        _place = place;
        _destination = destination;
        _sink = new ArchiveSink(destination);
        _stream = DiffSpec.IsCompressed(place.Path) ? new GZipStream(_sink, CompressionLevel.Optimal) : new BufferedStream(_sink, 128 << 10);
        _writer = new PaxWriter(_stream, user.Uid, user.Gid);
    }

    /// <summary>Where it is going to be.</summary>
    public string Path => _place.Path;

    /// <summary>It is not going to be.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Starts one.</summary>
    /// <returns>Null, or why there can be none.</returns>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public static string? Create(OutputPlace place, JobUser user, out DiffArchive? archive)
    {
        var refusal = OutputDestination.Create(place, FileMode, static (_, _) => true, out var destination);
        archive = refusal is null ? new(place, destination!, user) : null;
        return refusal;
    }

    /// <summary>Whether a path has a name that a layer keeps for deletions.</summary>
    public static bool IsReserved(string inside) => inside.Contains("/" + Whiteout, StringComparison.Ordinal);

    /// <summary>The directories above something: a layer that leaves them out gives them modes of its own when it is unpacked.</summary>
    public void AddParents(DiffDirectory? directory)
    {
        var missing = new Stack<DiffDirectory>();
        for (; directory is { IsArchived: false }; directory = directory.Parent)
        {
            missing.Push(directory);
        }

        foreach (var parent in missing)
        {
            parent.IsArchived = true;
            AddDirectory(parent.Inside, parent.Status);
        }
    }

    public void AddDirectory(string inside, FileStatus status)
    {
        if (inside != "/")
        {
            _writer.Write(new() { Name = inside[1..] + "/", Kind = PaxHeader.Directory, Mode = status.Permissions & DirectoryPermissions, Time = Time(status) });
        }
    }

    public void AddLink(string inside, FileStatus status, string target) =>
        _writer.Write(new() { Name = inside[1..], Kind = PaxHeader.Link, Mode = LinkPermissions, Time = Time(status), Target = target });

    /// <summary>The time of a deletion is that of the directory it changed.</summary>
    public void AddWhiteout(DiffDirectory directory, string name) => AddEmpty(directory, Whiteout + name);

    public void AddOpaque(DiffDirectory directory) => AddEmpty(directory, OpaqueWhiteout);

    /// <summary>The head of a file, whose bytes follow.</summary>
    public void BeginFile(string inside, FileStatus status) => _writer.Write(new()
    {
        Name = inside[1..],
        Kind = PaxHeader.File,
        Mode = status.Permissions & FilePermissions,
        Size = status.Size,
        Time = Time(status),
    });

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (!IsAbandoned)
        {
            _stream.Write(bytes);
        }
    }

    public void EndFile(long size)
    {
        if (!IsAbandoned)
        {
            _writer.Pad(size);
        }
    }

    /// <summary>Gives it up: nothing more is written, and nothing stays.</summary>
    public void Abandon() => IsAbandoned = true;

    /// <summary>Completes it and gives it its name; null, or why that cannot be had.</summary>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public string? Commit(out OutputResult? written)
    {
        _writer.End();
        _stream.Dispose();
        var refusal = _destination.Commit();
        written = refusal is null ? new() { Path = "/", Bytes = _sink.Bytes, Sha256 = _sink.Finish(), To = Path } : null;
        return refusal;
    }

    // Not the streams: they would write what they still hold.
    public void Dispose() => _destination.Dispose();

    private void AddEmpty(DiffDirectory directory, string name) =>
        _writer.Write(new() { Name = directory.InsideOf(name)[1..], Kind = PaxHeader.File, Mode = FileMode, Time = Time(directory.Status) });

    private static (long Seconds, uint Nanoseconds) Time(FileStatus status) => (status.Modified.Seconds, (uint)status.Modified.Nanoseconds);
}

/// <summary>Takes an archive's bytes as they are stored: counts and digests them on their way to the host.</summary>
internal sealed class ArchiveSink(OutputDestination destination) : Stream
{
    private readonly ContentDigest _digest = new(long.MaxValue);

    /// <summary>Bytes taken.</summary>
    public long Bytes { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The digest of all of them.</summary>
    public string Finish() => _digest.Finish();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        destination.Write(buffer);
        _digest.Add(buffer);
        Bytes += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
