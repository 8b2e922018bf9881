using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Images;

/// <summary>What is known about an unpacked layer; a line of numbers beside its tree.</summary>
internal sealed record LayerFacts
{
    /// <summary>The file's name.</summary>
    public const string File = "facts";

    /// <summary>Bytes of all files.</summary>
    public required long Bytes { get; init; }

    public required long Entries { get; init; }

    /// <summary>Device nodes that were left out.</summary>
    public required int SkippedDevices { get; init; }

    /// <summary>Reads the line; zeros where somebody has damaged it, since nothing but numbers for people depends on it.</summary>
    public static LayerFacts Parse(byte[] line)
    {
        var numbers = Encoding.ASCII.GetString(line).TrimEnd('\n').Split(' ').Select(word => long.TryParse(word, out var number) ? number : 0).ToArray();
        return numbers.Length == 3
            ? new() { Bytes = numbers[0], Entries = numbers[1], SkippedDevices = (int)numbers[2] }
            : new() { Bytes = 0, Entries = 0, SkippedDevices = 0 };
    }

    /// <summary>The line.</summary>
    public byte[] ToLine() => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Bytes} {Entries} {SkippedDevices}\n"));
}

/// <summary>A layer as it lies in an archive.</summary>
internal sealed record LayerBlob
{
    /// <summary>The file that holds it.</summary>
    public required string File { get; init; }

    /// <summary>SHA-256 or SHA-512 of its content after decompression, in hexadecimal: what the image's config names it by.</summary>
    public required string DiffId { get; init; }

    /// <summary>SHA-256 or SHA-512 of the file in hexadecimal; null where the format does not say.</summary>
    public string? Digest { get; init; }

    /// <summary>Bytes of the file; null where the format does not say.</summary>
    public long? Size { get; init; }
}

/// <summary>An open directory of a layer that is being unpacked.</summary>
internal sealed class LayerDirectory(string name, SafeFileHandle handle, FileTime modified)
{
    public string Name { get; } = name;

    public SafeFileHandle Handle { get; } = handle;

    /// <summary>The time it shall have in the end.</summary>
    public FileTime Modified { get; set; } = modified;

    /// <summary>It was given another time by what was made in it.</summary>
    public bool IsChanged { get; set; }
}

/// <summary>An unpacked layer that cannot be removed while this is held.</summary>
internal sealed class LayerLease(SafeFileHandle directory, LayerFacts facts, bool isNew) : IDisposable
{
    public LayerFacts Facts => facts;

    /// <summary>It was unpacked for this lease.</summary>
    public bool IsNew => isNew;

    public void Dispose()
    {
        _ = Libc.Unlock(directory);
        directory.Dispose();
    }
}
