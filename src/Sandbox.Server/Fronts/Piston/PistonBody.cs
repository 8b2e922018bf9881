using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace Sandbox.Server.Fronts.Piston;

/// <summary>A body that is none, as the parser of the original says so.</summary>
internal sealed class PistonBodyException(string stack) : Exception(stack);

/// <summary>Reads bodies as the original's parser does: compressed or not, in any form of Unicode, and of 100 KiB at most once they are plain.</summary>
internal static class PistonBody
{
    private const int MostBytes = 100 << 10;

    /// <summary>The JSON of a request; an object without members where there is no body.</summary>
    /// <exception cref="PistonBodyException">It is none.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > MostBytes)
        {
            throw TooLarge();
        }

        var bytes = Plain(await FrontBody.ReadAsync(context), context.Request.Headers.ContentEncoding.ToString());
        if (bytes.Length > MostBytes)
        {
            throw TooLarge();
        }

        try
        {
            return bytes.Length == 0 ? JsonDocument.Parse("{}") : PistonFront.Parse(Utf8Of(bytes, context.Request.ContentType));
        }
        catch (JsonException wrong)
        {
            throw new PistonBodyException("SyntaxError: " + FrontFailure.Words(wrong));
        }
    }

    private static PistonBodyException TooLarge() => new("PayloadTooLargeError: request entity too large");

    private static ReadOnlyMemory<byte> Plain(ReadOnlyMemory<byte> bytes, string encoding)
    {
        using var packed = new MemoryStream(bytes.ToArray());
        using Stream? unpacking = encoding.ToLowerInvariant() switch
        {
            "" or "identity" => null,
            "gzip" => new GZipStream(packed, CompressionMode.Decompress),
            "deflate" => new ZLibStream(packed, CompressionMode.Decompress),
            "br" => new BrotliStream(packed, CompressionMode.Decompress),
            _ => throw new PistonBodyException($"UnsupportedMediaTypeError: unsupported content encoding {DisplayText.Quote(encoding)}"),
        };
        if (unpacking is null)
        {
            return bytes;
        }

        // One byte more than may be is enough to see that it is too much, whatever else there is.
        var plain = new byte[MostBytes + 1];
        try
        {
            return plain.AsMemory(0, unpacking.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false));
        }
        catch (Exception damaged) when (damaged is InvalidDataException or InvalidOperationException or IOException)
        {
            throw new PistonBodyException("Error: the body is not what its Content-Encoding says");
        }
    }

    private static ReadOnlyMemory<byte> Utf8Of(ReadOnlyMemory<byte> bytes, string? contentType)
    {
        var charset = MediaTypeHeaderValue.TryParse(contentType, out var type) && HeaderUtilities.RemoveQuotes(type.Charset) is { Length: > 0 } named ? named.ToString().ToLowerInvariant() : "utf-8";
        Encoding? other = charset switch
        {
            "utf-8" or "utf8" => null,
            "utf-16" or "utf-16le" => Encoding.Unicode,
            "utf-16be" => Encoding.BigEndianUnicode,
            "utf-32" or "utf-32le" => Encoding.UTF32,
            _ => throw new PistonBodyException($"UnsupportedMediaTypeError: unsupported charset {DisplayText.Quote(charset.ToUpperInvariant())}"),
        };
        var utf8 = other is null ? bytes : Encoding.UTF8.GetBytes(other.GetString(bytes.Span));
        return utf8.Span.StartsWith(Encoding.UTF8.Preamble) ? utf8[Encoding.UTF8.Preamble.Length..] : utf8;
    }
}
