using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Sandbox.Images;

/// <summary>How bytes are compressed, by what they begin with: media types and file names may be wrong.</summary>
internal static class Compression
{
    /// <summary>Bytes that have to be known.</summary>
    public const int MagicBytes = 6;

    // 128 MiB, what zstd(1) itself takes without being told more; a frame may ask for gigabytes of memory.
    private const int LargestZstdWindow = 27;

    /// <summary>The bytes begin like something compressed.</summary>
    public static bool IsCompressed(ReadOnlySpan<byte> magic) => IsGzip(magic) || IsZstd(magic) || Foreign(magic) is not null;

    /// <summary>A stream of what was compressed.</summary>
    /// <param name="source">Positioned at its beginning; left open.</param>
    /// <param name="magic">The first bytes of it.</param>
    /// <param name="origin">For the words of a refusal.</param>
    /// <exception cref="InvalidImageException">It is compressed in a way that is not known.</exception>
    public static Stream Open(Stream source, ReadOnlySpan<byte> magic, ImageOrigin origin)
    {
        if (Foreign(magic) is { } name)
        {
            throw origin.Refuse($"it is compressed by {name}; gzip and zstd are known");
        }

        if (IsGzip(magic))
        {
            return new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
        }

        if (!IsZstd(magic))
        {
            return source;
        }

        var zstd = new DecompressionStream(source, leaveOpen: true);
        zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, LargestZstdWindow);
        return zstd;
    }

    /// <summary>The exception says that what was compressed is damaged.</summary>
    public static bool IsDamage(Exception failure) => failure is InvalidDataException or ZstdException or EndOfStreamException;

    private static bool IsGzip(ReadOnlySpan<byte> magic) => magic.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]);

    // A zstd file may begin with a frame to be skipped (RFC 8878, section 3.1.2).
    private static bool IsZstd(ReadOnlySpan<byte> magic) =>
        magic.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ||
        (magic.Length >= 4 && (magic[0] & 0xf0) == 0x50 && magic[1..4].SequenceEqual((ReadOnlySpan<byte>)[0x2a, 0x4d, 0x18]));

    private static string? Foreign(ReadOnlySpan<byte> magic)
    {
        if (magic.StartsWith("BZh"u8))
        {
            return "bzip2";
        }

        return magic.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? "xz" : null;
    }
}
