using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>
/// An image layout in a folder of the host. Links are followed as far as they stay in it, which is how bazel shares blobs: the folder may be a stranger's.
/// </summary>
internal sealed class FolderSource(SafeFileHandle folder, ImageOrigin origin) : IImageSource
{
    private const int MostComponents = 16;
    private const ulong Resolve = OpenHow.Beneath | OpenHow.NoMagicLinks;

    private readonly List<SafeFileHandle> _files = [];

    public ImageOrigin Origin => origin;

    public Stream? Open(string name)
    {
        if (EntryPath.Split(name, MostComponents, out var components) is { } problem)
            throw origin.Refuse($"a file named {Words.Quote(name)} {problem}");

        // Without waiting for the other end of a FIFO.
        var flags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
        var error = Libc.OpenAt2(folder, EntryPath.Bytes(string.Join('/', components)), flags, Resolve, out var file);
        _files.Add(file);
        if (error is -Errno.ENOENT or -Errno.ENOTDIR)
            return null;
        if (error is -Errno.ELOOP or -Errno.EXDEV)
            throw origin.Refuse($"{Words.Quote(name)} is, or lies behind, a symbolic link that leads out of the folder, or in a circle; a copy without links (cp -rL) can be imported");
        if (error < 0 || (error = Libc.Status(file, out var status)) < 0)
            throw StoreFailure.Of($"{Words.Quote(name)} of the image cannot be opened", origin.Path, -error);
        if (status.Kind != FileKind.Regular)
            throw origin.Refuse($"{Words.Quote(name)} is not a regular file");

        return new FileRegion(file, 0, status.Size, origin);
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
        folder.Dispose();
    }
}
