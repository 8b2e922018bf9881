using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Images;

// An archive is looked into here and there, which a compressed one, or a pipe, does not allow: such a one is copied
// to a file without a name first, gone with the process whatever happens.

/// <summary>Opens what a path leads to as the source of an image.</summary>
internal sealed class ImageSources(ImageFolder store, ImageLimits limits)
{
    private const int BufferBytes = 256 << 10;

    /// <summary>Opens an archive or a folder.</summary>
    /// <param name="path">Absolute path on the host.</param>
    /// <param name="status">What was opened.</param>
    /// <exception cref="UnknownImageException">There is nothing at the path.</exception>
    /// <exception cref="InvalidImageException">It is no archive.</exception>
    public IImageSource Open(string path, out FileStatus status)
    {
        var origin = new ImageOrigin(path);
        var error = Libc.OpenForReading(ImageFolder.Bytes(path), out var file);
        status = default;
        if (error is -Errno.ENOENT or -Errno.ENOTDIR)
            throw new UnknownImageException("no such file or folder") { Phase = "image", Step = "read the image", Path = path, Errno = Errno.Name(-error) };
        if (error < 0 || (error = Libc.Status(file, out status)) < 0)
            throw StoreFailure.Of("the image cannot be opened", path, -error, "it has to be readable for the user who runs the sandbox");

        return status.Kind == FileKind.Directory ? new FolderSource(file, origin) : Open(file, status, origin);
    }

    /// <summary>Opens an archive that is open already, such as standard input.</summary>
    public IImageSource Open(SafeFileHandle file, FileStatus status, ImageOrigin origin)
    {
        var magic = new byte[Compression.MagicBytes];
        var count = status.Kind == FileKind.Regular ? Libc.ReadAt(file, magic, 0) : 0;
        if (status.Kind == FileKind.Regular && !Compression.IsCompressed(magic.AsSpan(0, Math.Max(count, 0))))
            return new ArchiveSource(file, status.Size, origin, limits);

        using (file)
        {
            var spool = Spool(file, origin, out var length);
            return new ArchiveSource(spool, length, origin, limits);
        }
    }

    private SafeFileHandle Spool(SafeFileHandle file, ImageOrigin origin, out long length)
    {
        using var source = new DescriptorStream(file, origin);
        var magic = new byte[Compression.MagicBytes];
        var known = source.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        source.PutBack(magic.AsSpan(0, known));
        var spool = CreateSpool();
        try
        {
            using var content = Compression.Open(source, magic.AsSpan(0, known), origin);
            using var ahead = new ReadAhead(content);
            length = Copy(ahead, spool, origin);
            return spool;
        }
        catch (Exception failure)
        {
            spool.Dispose();
            if (Compression.IsDamage(failure))
                throw origin.Refuse("damaged: it cannot be decompressed");
            throw;
        }
    }

    private SafeFileHandle CreateSpool()
    {
        using var passing = ImageFolder.Open(store.Passing);
        var name = ImageFolder.Bytes(ImageFolder.PassingName("archive"));
        var error = Libc.CreateToReadAt(passing, name, out var spool);
        if (error < 0)
            throw StoreFailure.Of("the archive cannot be unpacked", store.Passing, -error);

        _ = Libc.UnlinkAt(passing, name);
        return spool;
    }

    private long Copy(Stream content, SafeFileHandle spool, ImageOrigin origin)
    {
        // The copy is gone before the image is whole, so it has a budget of its own.
        var budget = new UnpackBudget(limits);
        var buffer = new byte[BufferBytes];
        var length = 0L;
        while (true)
        {
            var count = content.Read(buffer);
            if (count == 0)
                return length;

            budget.TakeBytes(count, origin);
            budget.CheckSpace(spool, store.Passing);
            if (Libc.WriteAll(spool, buffer.AsSpan(0, count)) is var error && error < 0)
                throw StoreFailure.Of("the archive cannot be unpacked", store.Passing, -error);

            length += count;
        }
    }
}
