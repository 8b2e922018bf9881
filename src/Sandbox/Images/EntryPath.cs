using System.Text;

namespace Sandbox.Images;

// Names in an archive are relative to the root of the image, whatever they begin with: tar(1), docker and containerd
// take "/etc/x", "./etc/x" and "etc/x" for the same file. What they never mean is a way out of it, so ".." is refused
// even where it would stay inside.

/// <summary>A name in a layer, in components.</summary>
internal static class EntryPath
{
    /// <summary>What a name begins with that stands for the absence of another.</summary>
    public const string WhiteoutPrefix = ".wh.";

    /// <summary>What stands for the absence of all that lower layers have in its directory.</summary>
    public const string OpaqueMarker = ".wh..wh..opq";

    /// <summary>What the names of AUFS's own files begin with.</summary>
    public const string MetaPrefix = ".wh..wh.";

    /// <summary>Where AUFS kept the files that have several names.</summary>
    public const string LinkDirectory = ".wh..wh.plnk";

    private const int MaxPath = 4095; // PATH_MAX without the NUL
    private const int MaxName = 255;  // NAME_MAX

    /// <summary>The components, none of them empty, "." or ".."; what is wrong with the name, or null.</summary>
    public static string? Split(string name, int mostComponents, out string[] components)
    {
        components = [];
        if (name.Contains('\0'))
        {
            return "has a NUL byte in its name";
        }

        if (name.Length == 0)
        {
            return "has no name";
        }

        if (Encoding.UTF8.GetByteCount(name) > MaxPath)
        {
            return "has a name longer than 4095 bytes";
        }

        components = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (components.Contains("."))
        {
            components = components.Where(component => component != ".").ToArray();
        }

        if (components.Contains(".."))
        {
            return "has \"..\" in its name, which could lead out of the image";
        }

        if (components.Length > mostComponents)
        {
            return $"lies deeper than {mostComponents} directories";
        }

        if (components.Any(component => component.Length * 3 > MaxName && Encoding.UTF8.GetByteCount(component) > MaxName))
        {
            return "has a name longer than 255 bytes";
        }

        return null;
    }

    /// <summary>A component of the path is reserved for markers; the last one may be a marker.</summary>
    public static bool LiesInMarker(ReadOnlySpan<string> directories)
    {
        foreach (var directory in directories)
        {
            if (directory.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A name for system calls.</summary>
    public static byte[] Bytes(string name)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(name) + 1];
        Encoding.UTF8.GetBytes(name, bytes);
        return bytes;
    }
}
