using System.Buffers.Text;
using Sandbox.Interop;

namespace Sandbox.Images;

/// <summary>What an extended header says about the entry after it (pax(1), "pax Extended Header").</summary>
internal sealed class PaxRecords
{
    /// <summary>The name; of a sparse file, the one it had (the other is for readers that know of none).</summary>
    public string? Path => SparseName ?? OwnPath;

    private string? OwnPath { get; set; }

    public string? Link { get; private set; }

    public long? Size { get; private set; }

    public FileTime? Modified { get; private set; }

    /// <summary>The pairs of a sparse file's map, versions 0.0 and 0.1; null if there are none.</summary>
    public List<long>? SparseNumbers { get; private set; }

    /// <summary>Bytes of a sparse file, holes included; null for a file that is not sparse.</summary>
    public long? SparseSize { get; private set; }

    /// <summary>The map of a sparse file comes before its content (version 1.0).</summary>
    public bool HasSparseMapInContent { get; private set; }

    private string? SparseName { get; set; }

    /// <summary>It says something that changes which file is made, or how.</summary>
    public bool SaysAnything => Path is not null || Link is not null || Size is not null || SparseSize is not null || SparseNumbers is not null;

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
            {
                return "has a damaged extended header";
            }

            if (Take(record[..equals], record[(equals + 1)..]) is { } problem)
            {
                return problem;
            }

            records = records[length..];
        }

        return null;
    }

    private string? Take(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.StartsWith("GNU.sparse."u8))
        {
            return TakeSparse(key["GNU.sparse.".Length..], value);
        }

        if (key.SequenceEqual("path"u8))
        {
            return (OwnPath = TarHeader.Utf8(value)) is null ? "has a name that is not UTF-8" : null;
        }

        if (key.SequenceEqual("linkpath"u8))
        {
            return (Link = TarHeader.Utf8(value)) is null ? "leads to a name that is not UTF-8" : null;
        }

        if (key.SequenceEqual("mtime"u8))
        {
            return (Modified = TarHeader.Time(value)) is null ? "has a damaged time" : null;
        }

        if (!key.SequenceEqual("size"u8))
        {
            return null;
        }

        Size = Utf8Parser.TryParse(value, out long size, out var used) && used == value.Length && size >= 0 ? size : null;
        return Size is null ? "has a damaged size" : null;
    }

    // "numblocks", and "minor" where "major" is 0, say nothing that the rest does not.
    private string? TakeSparse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        const string damaged = "has a damaged map of a sparse file";
        if (key.SequenceEqual("name"u8))
        {
            return (SparseName = TarHeader.Utf8(value)) is null ? "has a name that is not UTF-8" : null;
        }

        if (key.SequenceEqual("major"u8))
        {
            HasSparseMapInContent = value.SequenceEqual("1"u8);
            return HasSparseMapInContent || value.SequenceEqual("0"u8) ? null : "is a sparse file of an unknown version";
        }

        if (key.SequenceEqual("map"u8))
        {
            return (SparseNumbers = value.Length == 0 ? [] : SparseMap.Parse(value, (byte)',')) is null ? damaged : null;
        }

        if (key.SequenceEqual("size"u8) || key.SequenceEqual("realsize"u8))
        {
            return (SparseSize = SparseMap.Parse(value, (byte)'\n') is [var size and >= 0] ? size : null) is null ? damaged : null;
        }

        if (!key.SequenceEqual("offset"u8) && !key.SequenceEqual("numbytes"u8))
        {
            return null;
        }

        if (SparseMap.Parse(value, (byte)'\n') is not [var number])
        {
            return damaged;
        }

        (SparseNumbers ??= []).Add(number);
        return null;
    }
}
