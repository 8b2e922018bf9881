using System.Buffers.Text;
using Sandbox.Interop;

namespace Sandbox.Images;

/// <summary>What an extended header says about the entry after it (pax(1), "pax Extended Header").</summary>
internal sealed class PaxRecords
{
    public string? Path { get; private set; }

    public string? Link { get; private set; }

    public long? Size { get; private set; }

    public FileTime? Modified { get; private set; }

    /// <summary>It says something that changes which file is made, or how.</summary>
    public bool SaysAnything => Path is not null || Link is not null || Size is not null;

    /// <summary>
    /// Takes the records in; what is wrong with them, or null. Extended attributes are bytes of any kind and never text:
    /// they are passed over, as are owners, because neither could be kept.
    /// </summary>
    public string? Read(ReadOnlySpan<byte> records)
    {
        while (records.Length > 0)
        {
            // "27 path=a/b\n", where 27 counts everything from its own first digit to the line feed.
            if (!Utf8Parser.TryParse(records, out int length, out var digits) || length <= digits + 2 || length > records.Length ||
                records[digits] != ' ' || records[length - 1] != '\n')
            {
                return "has a damaged extended header";
            }

            var record = records[(digits + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals <= 0)
                return "has a damaged extended header";
            if (Take(record[..equals], record[(equals + 1)..]) is { } problem)
                return problem;

            records = records[length..];
        }

        return null;
    }

    private string? Take(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.StartsWith("GNU.sparse."u8))
            return "is a sparse file, which no image format has";
        if (key.SequenceEqual("path"u8))
            return (Path = TarHeader.Utf8(value)) is null ? "has a name that is not UTF-8" : null;
        if (key.SequenceEqual("linkpath"u8))
            return (Link = TarHeader.Utf8(value)) is null ? "leads to a name that is not UTF-8" : null;
        if (key.SequenceEqual("mtime"u8))
            return (Modified = TarHeader.Time(value)) is null ? "has a damaged time" : null;
        if (!key.SequenceEqual("size"u8))
            return null;

        Size = Utf8Parser.TryParse(value, out long size, out var used) && used == value.Length && size >= 0 ? size : null;
        return Size is null ? "has a damaged size" : null;
    }
}
