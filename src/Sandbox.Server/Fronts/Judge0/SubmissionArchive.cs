using System.IO.Compression;

namespace Sandbox.Server.Fronts.Judge0;

// What somebody sends is read here, outside of any sandbox: so the sizes that the archive tells are not believed, and nothing of it is written anywhere.

/// <summary>The files of a zip archive as <c>unzip -n</c> would leave them: what is there first stays, and nothing lies outside.</summary>
internal sealed record SubmissionArchive
{
    private const int MostEntries = 1000;
    private const int MostLinks = 64;
    private const int MostEmpty = 16;
    private const int LongestPath = 1024;
    private const int Deepest = 32;

    // All files together may come to that many times the largest one.
    private const int LargestInAll = 4;

    // Beyond it a large file is refused: that is what bombs are made of.
    private const long SuspiciousBytes = 1 << 20;
    private const long SuspiciousRatio = 200;
    private const int KindMask = 0xF000;
    private const int LinkKind = 0xA000;

    /// <summary>Nothing.</summary>
    public static SubmissionArchive Empty { get; } = new() { Files = [], Links = [], Directories = [] };

    /// <summary>The files, by their paths.</summary>
    public required IReadOnlyList<(string Path, int Mode, byte[] Content)> Files { get; init; }

    /// <summary>The symbolic links, and what they say.</summary>
    public required IReadOnlyList<(string Path, string Target)> Links { get; init; }

    /// <summary>The directories that are empty.</summary>
    public required IReadOnlyList<string> Directories { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="zip">Its bytes.</param>
    /// <param name="most">The largest file in it, in bytes.</param>
    /// <param name="taken">What is there already.</param>
    /// <exception cref="FormatException">It is none, or is too large; the message goes on after "the archive".</exception>
    public static SubmissionArchive Read(byte[] zip, long most, IReadOnlyCollection<string> taken)
    {
        try
        {
            using var archive = new ZipArchive(new MemoryStream(zip, writable: false), ZipArchiveMode.Read);
            return archive.Entries.Count > MostEntries ? throw new FormatException($"has more than {MostEntries} entries") : new Reading(most, taken).Read(archive);
        }
        catch (Exception wrong) when (wrong is InvalidDataException or IOException or NotSupportedException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw new FormatException("is not a zip archive that can be read");
        }
    }

    private sealed class Reading(long most, IReadOnlyCollection<string> taken)
    {
        private readonly List<(string, int, byte[])> _files = [];
        private readonly List<(string, string)> _links = [];
        private readonly HashSet<string> _names = new(taken, StringComparer.Ordinal);
        private readonly HashSet<string> _directories = new(StringComparer.Ordinal);
        private readonly HashSet<string> _filled = new(StringComparer.Ordinal);
        private long _total;

        public SubmissionArchive Read(ZipArchive archive)
        {
            foreach (var entry in archive.Entries)
            {
                Add(entry);
            }

            var empty = _directories.Where(directory => !_filled.Contains(directory)).ToList();
            return empty.Count > MostEmpty ? throw new FormatException($"has more than {MostEmpty} empty directories")
                : new() { Files = _files, Links = _links, Directories = empty };
        }

        private void Add(ZipArchiveEntry entry)
        {
            // A component that leads up is passed over, and so is a slash at the beginning.
            var name = entry.FullName.Replace('\\', '/');
            var parts = name.Split('/').Where(static part => part is not ("" or "." or "..")).ToList();
            var path = string.Join('/', parts);
            if (path.Length > LongestPath || parts.Count > Deepest || parts.Exists(static part => part.Length > 255))
            {
                throw new FormatException("has a name that is too long");
            }

            if (parts.Count == 0 || entry.IsEncrypted || _names.Contains(path) || IsBelowFile(parts))
            {
                return;
            }

            if (name.EndsWith('/'))
            {
                AddDirectories(parts, parts.Count);
                return;
            }

            if (_directories.Contains(path))
            {
                return;
            }

            var mode = entry.ExternalAttributes >> 16;
            var content = Content(entry);
            AddDirectories(parts, parts.Count - 1);
            _names.Add(path);
            if ((mode & KindMask) == LinkKind)
            {
                _links.Add(_links.Count == MostLinks ? throw new FormatException($"has more than {MostLinks} links") : (path, System.Text.Encoding.UTF8.GetString(content)));
                return;
            }

            _files.Add((path, (mode & 0x1FF) is var bits and not 0 ? bits | 0x180 : 0x1A4, content));
        }

        private bool IsBelowFile(List<string> parts)
        {
            for (var count = 1; count < parts.Count; count++)
            {
                if (_names.Contains(string.Join('/', parts.Take(count))))
                {
                    return true;
                }
            }

            return false;
        }

        // Those above a directory or file are not empty.
        private void AddDirectories(List<string> parts, int count)
        {
            for (var length = 1; length <= count; length++)
            {
                _directories.Add(string.Join('/', parts.Take(length)));
                if (length < parts.Count)
                {
                    _filled.Add(string.Join('/', parts.Take(length)));
                }
            }
        }

        private byte[] Content(ZipArchiveEntry entry)
        {
            using var source = entry.Open();
            using var bytes = new MemoryStream();
            var buffer = new byte[64 << 10];
            while (source.Read(buffer) is var count and > 0)
            {
                bytes.Write(buffer, 0, count);
                _total += count;
                if (bytes.Length > most || _total > LargestInAll * most)
                {
                    throw new FormatException($"holds more than {Quantities.FormatSize(most)} in one file, or {LargestInAll} times that in all");
                }

                if (bytes.Length > SuspiciousBytes && bytes.Length / SuspiciousRatio > entry.CompressedLength)
                {
                    throw new FormatException($"holds a file of more than {SuspiciousRatio} times its compressed size");
                }
            }

            return bytes.ToArray();
        }
    }
}
