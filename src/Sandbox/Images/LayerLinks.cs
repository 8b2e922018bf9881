using System.Text;
using Sandbox.Interop;
using Sandbox.Storage;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>The links of one layer: where they lead, and whether they may.</summary>
internal sealed class LayerLinks(LayerTree tree, ImageOrigin origin, ImageLimits limits)
{
    private const int MaxTargetBytes = 4095;

    /// <summary>What a symbolic link says, with a final NUL.</summary>
    /// <exception cref="InvalidImageException">No link can say it.</exception>
    public byte[] Text(TarEntry entry)
    {
        // Verbatim: only a job ever follows it, inside its own root.
        if (entry.Link.Length == 0 || entry.Link.Contains('\0') || Encoding.UTF8.GetByteCount(entry.Link) > MaxTargetBytes)
        {
            throw origin.RefuseEntry(entry.Name, "is a symbolic link to nothing, to more than 4095 bytes, or to a NUL byte");
        }

        return EntryPath.Bytes(entry.Link);
    }

    /// <summary>The components of the file that a hard link leads to.</summary>
    /// <exception cref="InvalidImageException">None can lead there.</exception>
    public string[] Target(TarEntry entry, string[] components)
    {
        if (EntryPath.Split(entry.Link, limits.DirectoryDepth, out var target) is { } problem)
        {
            throw origin.RefuseEntry(entry.Name, $"is a hard link to {Words.Quote(entry.Link)}, which {problem}");
        }

        if (target is [EntryPath.LinkDirectory, var shared] && !shared.StartsWith(EntryPath.WhiteoutPrefix, StringComparison.Ordinal))
        {
            return target;
        }

        if (target.Length == 0 || target.AsSpan().SequenceEqual(components) || EntryPath.LiesInMarker(target))
        {
            throw origin.RefuseEntry(entry.Name, $"is a hard link to {Words.Quote(entry.Link)}, which no link can lead to");
        }

        return target;
    }

    /// <summary>Makes a hard link; 0 or the negated errno.</summary>
    /// <remarks>The target has to be in the same layer, as with docker's overlay2, since a layer is unpacked without the ones below.</remarks>
    /// <exception cref="InvalidImageException">The target is not there, or no regular file.</exception>
    public int Make(TarEntry entry, LayerDirectory directory, byte[] name, string[] target)
    {
        var (root, way) = target[0] == EntryPath.LinkDirectory ? (tree.Shared, target[1..^1]) : (tree.Root, target[..^1]);
        byte[] parentPath = way.Length == 0 ? [(byte)'.', 0] : EntryPath.Bytes(string.Join('/', way));
        var error = UntrustedTree.EnterDirectory(root.Handle, parentPath, out var parent);
        using (parent)
        {
            var targetName = EntryPath.Bytes(target[^1]);
            var status = default(FileStatus);
            if (error == 0)
            {
                error = Libc.StatusOfName(parent, targetName, out status);
            }

            if (error < 0)
            {
                throw origin.RefuseEntry(entry.Name, $"is a hard link to {Words.Quote(entry.Link)}, which is not in this layer ({Errno.Name(-error)})");
            }

            if (status.Kind != FileKind.Regular)
            {
                throw origin.RefuseEntry(entry.Name, $"is a hard link to {Words.Quote(entry.Link)}, which is not a regular file");
            }

            return Libc.MakeHardLinkAt(parent, targetName, directory.Handle, name);
        }
    }
}
