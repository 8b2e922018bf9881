using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Images;

// Files are made while their digest is not known yet: unpacking has to be harmless whatever the bytes are, and what turns
// out to be another layer is thrown away by the caller as a whole.

/// <summary>Unpacks a layer out of an archive: decompression, digests and files in one pass.</summary>
internal sealed class LayerImport(IImageSource source, ImageLimits limits, UnpackBudget budget)
{
    /// <summary>Makes tree and facts in a directory; only if nothing is thrown is the layer the one that was asked for.</summary>
    /// <exception cref="InvalidImageException">The layer is damaged or hostile.</exception>
    public LayerFacts Unpack(LayerBlob blob, SafeFileHandle directory, string path)
    {
        var origin = source.Origin.Of($"layer {Digests.Text(blob.DiffId)}");
        try
        {
            using var file = Open(blob, origin);
            using var tree = MakeTree(directory, path);
            var unpacker = Unpack(file, blob, tree, path, origin);
            var facts = new LayerFacts { Bytes = unpacker.Bytes, Entries = unpacker.Entries, SkippedDevices = unpacker.SkippedDevices };
            Write(facts, directory, path);
            return facts;
        }
        catch (Exception failure) when (Compression.IsDamage(failure))
        {
            throw origin.Refuse("damaged: it cannot be decompressed");
        }
    }

    private Stream Open(LayerBlob blob, ImageOrigin origin)
    {
        var file = source.Open(blob.File) ?? throw origin.Refuse($"its file {Words.Quote(blob.File)} is missing");
        if (blob.Size is { } size && size != file.Length)
        {
            throw origin.Refuse($"its file has {file.Length} bytes, not the {size} it should have");
        }

        return file;
    }

    private LayerUnpacker Unpack(Stream file, LayerBlob blob, SafeFileHandle root, string path, ImageOrigin origin)
    {
        var magic = new byte[Compression.MagicBytes];
        var known = magic.AsSpan(0, file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false));
        file.Position = 0;
        return Compression.IsCompressed(known)
            ? UnpackCompressed(file, known, blob, root, path, origin)
            : UnpackPlain(file, blob, root, path, origin);
    }

    private LayerUnpacker UnpackPlain(Stream file, LayerBlob blob, SafeFileHandle root, string path, ImageOrigin origin)
    {
        using var content = new MeasuredStream(file, Digests.Like(blob.DiffId, file.Length, origin), count => budget.TakeBytes(count, origin));
        var unpacker = Unpack(content, root, path, origin);
        var digest = content.Finish();
        Check(blob.Digest is null || Digests.IsLong(blob.Digest) == Digests.IsLong(blob.DiffId) ? digest : Again(file, blob.Digest, origin), digest, blob, origin);
        return unpacker;
    }

    // The manifest and the config may name the same bytes by digests of two kinds.
    private static string Again(Stream file, string like, ImageOrigin origin)
    {
        file.Position = 0;
        using var content = new MeasuredStream(file, Digests.Like(like, file.Length, origin));
        return content.Finish();
    }

    private LayerUnpacker UnpackCompressed(Stream file, ReadOnlySpan<byte> magic, LayerBlob blob, SafeFileHandle root, string path, ImageOrigin origin)
    {
        using var compressed = blob.Digest is null ? null : new MeasuredStream(file, Digests.Like(blob.Digest, file.Length, origin));
        using var decompressed = Compression.Open(compressed ?? file, magic, origin);
        using var ahead = new ReadAhead(decompressed);
        using var content = new MeasuredStream(ahead, Digests.Like(blob.DiffId, file.Length, origin), count => budget.TakeBytes(count, origin));
        var unpacker = Unpack(content, root, path, origin);
        // To the end of the content first: before it the file belongs to the thread that decompresses.
        var digest = content.Finish();
        Check(compressed?.Finish(), digest, blob, origin);
        return unpacker;
    }

    private LayerUnpacker Unpack(Stream content, SafeFileHandle root, string path, ImageOrigin origin)
    {
        var archive = new TarReader(content, origin);
        using var tree = new LayerTree(root, path, origin);
        var unpacker = new LayerUnpacker(archive, tree, path, origin, limits, budget);
        unpacker.Unpack();
        archive.Drain();
        return unpacker;
    }

    private static void Check(string? file, string content, LayerBlob blob, ImageOrigin origin)
    {
        if (blob.Digest is not null && file != blob.Digest)
        {
            throw origin.Refuse("damaged: its file has another digest than the manifest says");
        }

        if (content != blob.DiffId)
        {
            throw origin.Refuse($"damaged: its content has the digest {Digests.Text(content)}");
        }
    }

    private static SafeFileHandle MakeTree(SafeFileHandle directory, string path)
    {
        const int plainDirectory = 0x1ed; // 0755
        var error = Libc.MakePrivateDirectoryAt(directory, "tree\0"u8);
        var tree = error == 0 ? ImageDirectory.Open(path + "/tree") : throw StoreFailure.Of("a layer cannot be made", path, -error);
        error = Libc.ChangeMode(tree, plainDirectory);
        return error == 0 ? tree : throw StoreFailure.Of("a layer cannot be made", path, -error);
    }

    private static void Write(LayerFacts facts, SafeFileHandle directory, string path)
    {
        var error = Libc.CreateAt(directory, ImageDirectory.Bytes(LayerFacts.File), out var file);
        using (file)
        {
            if (error == 0)
            {
                error = Libc.WriteAll(file, facts.ToLine());
            }

            if (error < 0)
            {
                throw StoreFailure.Of("a layer cannot be written", path, -error);
            }
        }
    }
}
