using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Execution;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox;

/// <summary>
/// A directory of the host below which somebody else may name files. It is opened once; what is found below it is found from there (openat2(2), RESOLVE_BENEATH and
/// RESOLVE_NO_MAGICLINKS), so that no link, <c>..</c> or rename leads out of it. Safe for use from many threads.
/// </summary>
public sealed class HostPrefix : IDisposable
{
    private readonly SafeFileHandle _directory;

    private HostPrefix(string path, SafeFileHandle directory) => (Path, _directory) = (path, directory);

    /// <summary>The path as it was given, without a slash at its end.</summary>
    public string Path { get; }

    /// <summary>Opens it.</summary>
    /// <param name="path">Absolute path of a directory, not of the root; links on the way are followed, now and never again.</param>
    /// <exception cref="IOException">It cannot be; the message is the reason alone, such as <c>no such file or directory</c>.</exception>
    public static HostPrefix Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var trimmed = path.TrimEnd('/');
        if (!trimmed.StartsWith('/'))
        {
            throw new IOException(path.StartsWith('/') ? "the root is no directory to name files below" : "it is no absolute path");
        }

        if (Libc.Open(Encoding.UTF8.GetBytes(trimmed + '\0'), OpenFlags.Path | OpenFlags.Directory | OpenFlags.CloseOnExec, out var directory) is < 0 and var error)
        {
            directory.Dispose();
            throw new IOException(Host.SourceFile.Reason(error));
        }

        return new(trimmed, directory);
    }

    /// <summary>The path is below it, by its text.</summary>
    /// <param name="path">Absolute.</param>
    public bool Covers(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Paths.IsAtOrBelow(path, Path);
    }

    /// <summary>It is, holds or lies in another directory, wherever they are mounted.</summary>
    /// <param name="directory">An absolute path; one that is not there meets nothing.</param>
    public bool Meets(string directory) => OwnDirectories.Meet(Path, directory);

    /// <summary>Finds what a path below it leads to, and holds on to it.</summary>
    /// <param name="path">One that it <see cref="Covers"/>.</param>
    /// <exception cref="IOException">There is nothing, or it leads out; the message is the reason alone.</exception>
    public HeldPath Hold(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var rest = Covers(path) ? path[Path.Length..].TrimStart('/') : "..";
        var error = Libc.OpenAt2(_directory, Encoding.UTF8.GetBytes((rest.Length == 0 ? "." : rest) + '\0'), OpenFlags.Path, OpenHow.Beneath | OpenHow.NoMagicLinks, out var file);
        if (error == 0 && (error = Libc.Status(file, out var status)) == 0)
        {
            // Where it is now, without links. The identity tells if it is another by the time that it is used.
            var place = Libc.LinkText(HeldPath.NameOf(file));
            if (place is not null && Libc.LinkText(HeldPath.NameOf(_directory)) is { } above && Paths.IsAtOrBelow(place, above))
            {
                return new(file, place, status);
            }

            error = -Errno.ENOENT;
        }

        file.Dispose();
        throw new IOException(error is -Errno.EXDEV ? "it leads out of the directory" : Host.SourceFile.Reason(error));
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}

/// <summary>A file or directory of the host that is held on to: as long as it is, no other gets its <see cref="Identity"/>.</summary>
public sealed class HeldPath : IDisposable
{
    private readonly SafeFileHandle _file;

    internal HeldPath(SafeFileHandle file, string path, FileStatus status) =>
        (_file, Path, Identity, IsDirectory, IsRegularFile) = (file, path, new() { Device = status.Device, Inode = status.Inode }, status.Kind == FileKind.Directory, status.Kind == FileKind.Regular);

    /// <summary>Where it was when it was found, without links.</summary>
    public string Path { get; }

    /// <summary>A path by which this process, and no other, opens just this file until it is disposed of (proc(5), /proc/self/fd).</summary>
    public string OwnPath => NameOf(_file);

    /// <summary>All of a regular file.</summary>
    /// <param name="most">In bytes.</param>
    /// <exception cref="IOException">It cannot be read, is no regular file or larger; the message is the reason alone, and goes on from its name.</exception>
    public ReadOnlyMemory<byte> ReadAll(int most) =>
        Host.SourceFile.ReadRegular(OwnPath, most, out var bytes) is { } problem ? throw new IOException(problem) : bytes;

    /// <summary>Which one it is.</summary>
    public FileIdentity Identity { get; }

    /// <summary>It is a directory.</summary>
    public bool IsDirectory { get; }

    /// <summary>It is a regular file.</summary>
    public bool IsRegularFile { get; }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    internal SafeFileHandle File => _file;

    internal static string NameOf(SafeFileHandle file) => FormattableString.Invariant($"/proc/self/fd/{file.DangerousGetHandle()}");
}
