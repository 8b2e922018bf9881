using Sandbox.Hashing;
using System.Globalization;
using System.Text;
using Sandbox.Interop;

namespace Sandbox.Images;

// Which image an archive on the host is, by the archive's identity and not its path. Content cannot change without the
// time of change, which nobody can set (inode(7)), so a file with the same numbers need not be read again.

/// <summary>The archives that were imported.</summary>
internal sealed class SourceRecord(ImageDirectory store)
{
    /// <summary>The name under which one file is known.</summary>
    public static string Name(FileStatus status) =>
        string.Create(CultureInfo.InvariantCulture, $"{status.Device:x}-{status.Inode:x}");

    /// <summary>The image that a file is; null if it is not known, or has changed.</summary>
    public string? Find(FileStatus status)
    {
        if (ImageDirectory.Read($"{store.Sources}/{Name(status)}") is not { } line)
        {
            return null;
        }

        var text = Encoding.ASCII.GetString(line);
        var digest = text[(text.LastIndexOf(' ') + 1)..].TrimEnd('\n');
        return ObjectName.IsDigest(digest) && text == Line(status, digest) ? digest : null;
    }

    /// <summary>Remembers a file. Under the lock of the store.</summary>
    public void Set(FileStatus status, string digest) =>
        store.Write($"{store.Sources}/{Name(status)}", Encoding.ASCII.GetBytes(Line(status, digest)));

    /// <summary>Forgets the files of images that are gone. Under the lock of the store.</summary>
    public void Sweep(Func<string, bool> isKept)
    {
        foreach (var name in ImageDirectory.List(store.Sources))
        {
            var line = Encoding.ASCII.GetString(ImageDirectory.Read($"{store.Sources}/{name}") ?? []);
            if (!isKept(line[(line.LastIndexOf(' ') + 1)..].TrimEnd('\n')))
            {
                ImageDirectory.Remove($"{store.Sources}/{name}");
            }
        }
    }

    /// <summary>It is the same file, and nothing has been written to it in between.</summary>
    public static bool IsUnchanged(FileStatus before, FileStatus after) =>
        Name(before) == Name(after) && Line(before, "") == Line(after, "");

    private static string Line(FileStatus status, string digest) =>
        string.Create(CultureInfo.InvariantCulture, $"{status.Size} {status.Modified.Seconds}.{status.Modified.Nanoseconds} {status.Changed.Seconds}.{status.Changed.Nanoseconds} {digest}\n");
}
