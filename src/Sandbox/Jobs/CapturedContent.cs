using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Sandbox.Jobs;

/// <summary>
/// The captured bytes of a stream: as text where they are valid UTF-8, else as base64. Long text full of control characters is base64
/// too where that is shorter: a NUL takes six bytes as JSON, and what a job prints decides what its result costs. Written in pieces.
/// </summary>
internal static class CapturedContent
{
    /// <summary>Text up to this length is text whatever is in it.</summary>
    public const int AlwaysText = 4096;

    // A multiple of three, so that base64 of the pieces is base64 of the whole.
    private const int PieceBytes = 12 << 10;

    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> content, bool truncated)
    {
        var text = truncated ? WithoutIncompleteCharacter(content) : content;
        if (Utf8.IsValid(text) && !IsShorterAsBase64(text, content.Length))
        {
            json.WritePropertyName("text");
            WriteText(json, text);
            return;
        }

        json.WritePropertyName("base64");
        WriteBase64(json, content);
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        while (text.Length > PieceBytes)
        {
            json.WriteStringValueSegment(text[..PieceBytes], isFinalSegment: false);
            text = text[PieceBytes..];
        }

        json.WriteStringValueSegment(text, isFinalSegment: true);
    }

    private static void WriteBase64(Utf8JsonWriter json, ReadOnlySpan<byte> content)
    {
        while (content.Length > PieceBytes)
        {
            json.WriteBase64StringSegment(content[..PieceBytes], isFinalSegment: false);
            content = content[PieceBytes..];
        }

        json.WriteBase64StringSegment(content, isFinalSegment: true);
    }

    private static bool IsShorterAsBase64(ReadOnlySpan<byte> text, int contentBytes)
    {
        if (text.Length <= AlwaysText)
        {
            return false;
        }

        var left = (contentBytes + 2L) / 3 * 4;
        Span<byte> escaped = stackalloc byte[PieceBytes];
        while (text.Length > 0 && left >= 0)
        {
            _ = JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(text, escaped, out var consumed, out var written);
            text = text[consumed..];
            left -= written;
        }

        return left < 0;
    }

    // A cut at the limit may fall within a character; that must not turn the whole text into base64.
    private static ReadOnlySpan<byte> WithoutIncompleteCharacter(ReadOnlySpan<byte> text)
    {
        for (var length = 1; length <= Math.Min(3, text.Length); length++)
        {
            var unit = text[^length];
            if ((unit & 0xC0) == 0x80)
            {
                continue;
            }

            var needed = unit < 0xC0 ? 1 : unit < 0xE0 ? 2 : unit < 0xF0 ? 3 : 4;
            return needed > length ? text[..^length] : text;
        }

        return text;
    }
}
