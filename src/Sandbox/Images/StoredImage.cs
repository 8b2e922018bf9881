using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Images;

/// <summary>An image that is in use: until this is disposed of, nobody removes it or its layers.</summary>
internal sealed class StoredImage : IDisposable
{
    private const int LargestUserFile = 1 << 20;

    private readonly SafeFileHandle _config;
    private readonly Dictionary<string, string> _directories = new(StringComparer.Ordinal);

    /// <summary>Takes over the open config, which is locked.</summary>
    public StoredImage(SafeFileHandle config, string digest, IReadOnlyList<string> layers, ImageConfig settings) =>
        (_config, Digest, Layers, Config) = (config, digest, layers, settings);

    /// <summary><c>sha256:…</c> of the image's config.</summary>
    public string Digest { get; }

    /// <summary>
    /// Absolute directories, topmost first: lower layers for overlayfs with <c>userxattr</c>. What a layer hides as a whole is
    /// left out already, because overlayfs does not look at the attributes of a layer's root.
    /// </summary>
    public IReadOnlyList<string> Layers { get; }

    /// <summary>How the image wants to be run.</summary>
    public ImageConfig Config { get; }

    /// <summary>
    /// A regular file's content as the image shows it, links followed inside of the image; null if it is not there.
    /// </summary>
    /// <exception cref="SandboxException">It is larger than 1 MiB, no regular file, or behind a circle of links.</exception>
    public byte[]? ReadFile(string path)
    {
        using var tree = new ImageTree(Layers);
        return tree.Read(path, LargestUserFile);
    }

    /// <summary>Where a directory of the image is once links are followed inside of it.</summary>
    /// <exception cref="SandboxException">It is in a circle of links.</exception>
    public string RealDirectory(string path)
    {
        if (!_directories.TryGetValue(path, out var real))
        {
            using var tree = new ImageTree(Layers);
            _directories[path] = real = tree.Real(path);
        }

        return real;
    }

    /// <summary>Whom the image's programs run as; null if it does not say.</summary>
    /// <exception cref="SandboxException">The image has no user, or no group, of that name.</exception>
    public (uint Uid, uint Gid)? User() =>
        Config.User.Length == 0 ? null : new UserLookup(ReadFile("/etc/passwd"), ReadFile("/etc/group"), Digest).Find(Config.User);

    public void Dispose()
    {
        _ = Libc.Unlock(_config);
        _config.Dispose();
    }
}
