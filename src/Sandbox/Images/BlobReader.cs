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
            return null;
        if (file.Length > limits.JsonBytes)
            throw source.Origin.Refuse($"{Words.Quote(name)} is larger than {Amount.Bytes(limits.JsonBytes)}");

        var bytes = new byte[file.Length];
        if (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw source.Origin.Refuse($"{Words.Quote(name)} was cut short while it was read");

        return bytes;
    }

    /// <summary>The content that a descriptor names, checked against its digest and size.</summary>
    public byte[] Read(Descriptor descriptor)
    {
        var origin = source.Origin;
        var bytes = Find(descriptor.File) ?? throw origin.Refuse($"{descriptor} is missing");
        if (descriptor.Size != bytes.Length)
            throw origin.Refuse($"{descriptor} has {bytes.Length} bytes, not the {descriptor.Size} it should have");
        if (StreamDigest.Of(bytes, like: descriptor.Digest, origin) != descriptor.Digest)
            throw origin.Refuse($"{descriptor} is damaged: its content has another digest");

        return bytes;
    }
}
