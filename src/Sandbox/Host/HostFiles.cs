using System.Buffers;
using System.Text;
using Sandbox.Interop;

namespace Sandbox.Host;

/// <summary>The host's files, below a root so that tests can bring their own; what is unreadable is absent.</summary>
internal sealed class HostFiles(string root = "/")
{
    private const int Chunk = 4096;

    /// <summary>The text of a file, or empty.</summary>
    public string Text(string path)
    {
        // Not File.ReadAllText: the runtime takes a shared flock(2) on what it opens, and gives up where somebody has an
        // exclusive one. A leased core's file has, and any local user could make files of /proc and /sys look absent so.
        var error = Libc.OpenForReading(Encoding.UTF8.GetBytes(Full(path) + '\0'), out var file);
        using (file)
        {
            // Nearly all of them fit: the kernel's files are small.
            Span<byte> small = stackalloc byte[Chunk];
            var length = 0;
            var count = error;
            while (error == 0 && length < Chunk && (count = Libc.Read(file, small[length..])) > 0)
            {
                length += count;
            }

            if (count <= 0)
            {
                return count < 0 ? "" : Encoding.UTF8.GetString(small[..length]);
            }

            var bytes = new ArrayBufferWriter<byte>(2 * Chunk);
            bytes.Write(small);
            while ((count = Libc.Read(file, bytes.GetSpan(Chunk))) > 0)
            {
                bytes.Advance(count);
            }

            return count < 0 ? "" : Encoding.UTF8.GetString(bytes.WrittenSpan);
        }
    }

    /// <summary>The lines of a file, or none.</summary>
    public string[] Lines(string path) => Text(path).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The number in a file of one number, or null.</summary>
    public long? Number(string path) => long.TryParse(Text(path).AsSpan().Trim(), out var number) ? number : null;

    /// <summary>Whether a file or directory is there.</summary>
    public bool Exists(string path) => Path.Exists(Full(path));

    /// <summary>Whether the caller may write there.</summary>
    public bool CanWrite(string path) => Libc.CanWrite(Full(path));

    /// <summary>The absolute path without links, <c>.</c> and <c>..</c> (realpath(3)); null if there is no such file, or the path is relative.</summary>
    public string? RealPath(string path)
    {
        if (!path.StartsWith('/') || Libc.RealPath(Full(path)) is not { } real)
        {
            return null;
        }

        var prefix = root.TrimEnd('/');
        return real.StartsWith(prefix, StringComparison.Ordinal) ? real[prefix.Length..] : real;
    }

    /// <summary>Whether an extended attribute has this value.</summary>
    public bool HasAttribute(string path, string name, byte value) => Libc.HasAttribute(Full(path), name, value);

    private string Full(string path) => Path.Join(root, path);
}
