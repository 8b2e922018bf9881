using Sandbox.Hashing;

namespace Sandbox.Execution.Diff;

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
