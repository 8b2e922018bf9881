namespace Sandbox.Server.Fronts;

/// <summary>Reads a stream and counts its bytes; more than the bound are an error (EFBIG).</summary>
internal sealed class CountedStream(Stream source, long most = long.MaxValue) : Stream
{
    /// <summary>How many were read.</summary>
    public long Bytes { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        return Count(await source.ReadAsync(buffer, cancellationToken));
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        return Count(source.Read(buffer, offset, count));
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Count(int bytes)
    {
        Bytes += bytes;
        return Bytes <= most ? bytes : throw new SandboxException($"a file may have at most {Quantities.FormatSize(most)}") { Errno = "EFBIG" };
    }
}
