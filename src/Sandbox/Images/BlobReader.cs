using Sandbox.Hashing;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>Reads the small files of an image whole.</summary>
internal sealed class BlobReader(IImageSource source, ImageLimits limits)
{
    /// <summary>A document of the archive, or null if it is not there.</summary>
    public byte[]? Find(string name)
    {
        using var file = source.Open(name);
        if (file is null)
        {
            return null;
        }

        if (file.Length > limits.JsonBytes)
        {
            throw source.Origin.Refuse($"{Words.Quote(name)} is larger than {Amount.Bytes(limits.JsonBytes)}");
        }

        var bytes = new byte[file.Length];
        if (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw source.Origin.Refuse($"{Words.Quote(name)} was cut short while it was read");
        }

        return bytes;
    }

    /// <summary>The content that a descriptor names, checked against its digest and size.</summary>
    public byte[] Read(Descriptor descriptor)
    {
        var origin = source.Origin;
        var bytes = Find(descriptor.File) ?? throw origin.Refuse($"{descriptor} is missing");
        if (descriptor.Size != bytes.Length)
        {
            throw origin.Refuse($"{descriptor} has {bytes.Length} bytes, not the {descriptor.Size} it should have");
        }

        if (Digests.Of(bytes, like: descriptor.Digest, origin) != descriptor.Digest)
        {
            throw origin.Refuse($"{descriptor} is damaged: its content has another digest");
        }

        return bytes;
    }
}

/// <summary>Reads another stream and keeps count and digest of what came out of it.</summary>
internal sealed class MeasuredStream(Stream source, ContentDigest digest, Action<int>? take = null) : Stream
{
    /// <summary>Bytes read so far.</summary>
    public long Count { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Count;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads to the end; the digest of everything, in hexadecimal.</summary>
    public string Finish()
    {
        var buffer = new byte[64 << 10];
        while (Read(buffer) > 0)
        {
        }

        return digest.Finish();
    }

    public override int Read(Span<byte> buffer)
    {
        var count = source.Read(buffer);
        Count += count;
        take?.Invoke(count);
        digest.Add(buffer[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
