using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Images;

// An archive is looked into here and there, which a compressed one, or a pipe, does not allow: such a one is copied
// to a file without a name first, gone with the process whatever happens.

/// <summary>Opens what a path leads to as the source of an image.</summary>
internal sealed class ImageSources(ImageDirectory store, ImageLimits limits)
{
    private const int BufferBytes = 256 << 10;

    /// <summary>Stops the copying of an archive.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Opens an archive or a directory.</summary>
    /// <param name="path">Absolute path on the host.</param>
    /// <param name="called">What its user calls it.</param>
    /// <param name="status">What was opened.</param>
    /// <exception cref="UnknownImageException">There is nothing at the path.</exception>
    /// <exception cref="InvalidImageException">It is no archive.</exception>
    public IImageSource Open(string path, string called, out FileStatus status)
    {
        var origin = new ImageOrigin(called);
        var error = Libc.OpenForReading(ImageDirectory.Bytes(path), out var file);
        status = default;
        if (error is -Errno.ENOENT or -Errno.ENOTDIR)
        {
            throw new UnknownImageException("no such file or directory") { Operation = Operation.ReadImage, Path = called, Errno = Errno.Name(-error) };
        }

        if (error < 0 || (error = Libc.Status(file, out status)) < 0)
        {
            throw StoreFailure.Of("the image cannot be opened", called, -error, Operation.ReadImageSource);
        }

        return status.Kind == FileKind.Directory ? new DirectorySource(file, origin) : Open(file, status, origin);
    }

    /// <summary>Opens an archive that is open already, such as standard input.</summary>
    public IImageSource Open(SafeFileHandle file, FileStatus status, ImageOrigin origin)
    {
        var magic = new byte[Compression.MagicBytes];
        var count = status.Kind == FileKind.Regular ? Libc.ReadAt(file, magic, 0) : 0;
        if (status.Kind == FileKind.Regular && !Compression.IsCompressed(magic.AsSpan(0, Math.Max(count, 0))))
        {
            return new ArchiveSource(file, status.Size, origin, limits);
        }

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
            {
                throw origin.Refuse("damaged: it cannot be decompressed");
            }

            throw;
        }
    }

    private SafeFileHandle CreateSpool()
    {
        using var passing = ImageDirectory.Open(store.Passing);
        var name = ImageDirectory.Bytes(ImageDirectory.PassingName("archive"));
        var error = Libc.CreateToReadAt(passing, name, out var spool);
        if (error < 0)
        {
            throw StoreFailure.Of("the archive cannot be unpacked", store.Passing, -error);
        }

        _ = Libc.UnlinkAt(passing, name);
        return spool;
    }

    private long Copy(Stream content, SafeFileHandle spool, ImageOrigin origin)
    {
        // The copy is gone before the image is whole, so it has a budget of its own.
        var budget = new UnpackBudget(limits, Cancellation);
        var buffer = new byte[BufferBytes];
        var length = 0L;
        while (true)
        {
            var count = content.Read(buffer);
            if (count == 0)
            {
                return length;
            }

            budget.TakeBytes(count, origin);
            budget.CheckSpace(spool, store.Passing);
            if (Libc.WriteAll(spool, buffer.AsSpan(0, count)) is var error && error < 0)
            {
                throw StoreFailure.Of("the archive cannot be unpacked", store.Passing, -error);
            }

            length += count;
        }
    }
}

/// <summary>The files that an image travels in.</summary>
internal interface IImageSource : IDisposable
{
    /// <summary>Where it is on the host.</summary>
    ImageOrigin Origin { get; }

    /// <summary>A file of it to read and seek in, or null if there is none of this name.</summary>
    /// <exception cref="InvalidImageException">The name is not that of a plain file inside.</exception>
    Stream? Open(string name);
}

/// <summary>
/// An image layout in a directory of the host. Links are followed as far as they stay in it, which is how bazel shares blobs: the directory may be a stranger's.
/// </summary>
internal sealed class DirectorySource(SafeFileHandle directory, ImageOrigin origin) : IImageSource
{
    private const int MaxComponents = 16;
    private const ulong Resolve = OpenHow.Beneath | OpenHow.NoMagicLinks;

    private readonly List<SafeFileHandle> _files = [];

    public ImageOrigin Origin => origin;

    /// <summary>Looks at a file of a layout without opening it to read; false if there is none, or it leads out.</summary>
    public static bool StatusOf(SafeFileHandle layout, string name, out FileStatus status)
    {
        status = default;
        var error = Libc.OpenAt2(layout, ImageDirectory.Bytes(name), OpenFlags.Path, Resolve, out var file);
        using (file)
        {
            return error == 0 && Libc.Status(file, out status) == 0;
        }
    }

    public Stream? Open(string name)
    {
        if (EntryPath.Split(name, MaxComponents, out var components) is { } problem)
        {
            throw origin.Refuse($"a file named {Words.Quote(name)} {problem}");
        }

        // Without waiting for the other end of a FIFO.
        var flags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
        var error = Libc.OpenAt2(directory, EntryPath.Bytes(string.Join('/', components)), flags, Resolve, out var file);
        _files.Add(file);
        if (error is -Errno.ENOENT or -Errno.ENOTDIR)
        {
            return null;
        }

        if (error is -Errno.ELOOP or -Errno.EXDEV)
        {
            throw origin.Refuse($"{Words.Quote(name)} is, or lies behind, a symbolic link that leads out of the directory, or in a circle; a copy without links (cp -rL) can be imported");
        }

        if (error < 0 || (error = Libc.Status(file, out var status)) < 0)
        {
            throw StoreFailure.Of($"{Words.Quote(name)} of the image cannot be opened", origin.Path, -error);
        }

        if (status.Kind != FileKind.Regular)
        {
            throw origin.Refuse($"{Words.Quote(name)} is not a regular file");
        }

        return new FileRegion(file, 0, status.Size, origin);
    }

    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }

        directory.Dispose();
    }
}
