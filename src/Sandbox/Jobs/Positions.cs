using System.Globalization;
using System.Text.Json;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Turns places in a JSON file into what an editor shows. Used only once there is a problem.</summary>
internal static class Positions
{
    /// <summary>Line and column from 1; the column counts characters (code points), not bytes.</summary>
    public static (int Line, int Column) Of(ReadOnlySpan<byte> utf8, long offset)
    {
        var before = utf8[..(int)Math.Min(offset, utf8.Length)];
        var line = before.Count((byte)'\n') + 1;
        var column = 1;
        foreach (var unit in before[(before.LastIndexOf((byte)'\n') + 1)..])
        {
            // Every byte but a continuation byte (10xxxxxx) begins a character.
            column += (unit & 0xC0) == 0x80 ? 0 : 1;
        }

        return (line, column);
    }

    /// <summary>Offset of a line's byte, both counted from 0.</summary>
    public static long Offset(ReadOnlySpan<byte> utf8, long line, long byteInLine)
    {
        var start = 0;
        for (; line > 0 && utf8[start..].IndexOf((byte)'\n') is var end and >= 0; line--)
        {
            start += end + 1;
        }

        return Math.Min(start + byteInLine, utf8.Length);
    }

    /// <summary>Where the value of a pointer starts, or the nearest value around it that exists.</summary>
    public static long Find(ReadOnlySpan<byte> utf8, string pointer, JsonReaderOptions options)
    {
        var json = new Utf8JsonReader(utf8, options);
        var found = 0L;
        try
        {
            json.Read();
            found = json.TokenStartIndex;
            foreach (var part in pointer.Split('/').AsSpan(1))
            {
                if (!Descend(ref json, JsonPointer.Unescape(part)))
                {
                    return found;
                }

                found = json.TokenStartIndex;
            }
        }
        catch (JsonException)
        {
            // The file breaks off before the value: the last value found is the nearest place.
        }

        return found;
    }

    private static bool Descend(ref Utf8JsonReader json, string part) => json.TokenType switch
    {
        JsonTokenType.StartObject => DescendObject(ref json, part),
        JsonTokenType.StartArray => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) &&
            DescendArray(ref json, index),
        _ => false,
    };

    private static bool DescendObject(ref Utf8JsonReader json, string part)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Is(json, part))
            {
                return json.Read();
            }

            json.Skip();
        }

        return false;
    }

    private static bool DescendArray(ref Utf8JsonReader json, int index)
    {
        for (; json.Read() && json.TokenType != JsonTokenType.EndArray; index--)
        {
            if (index == 0)
            {
                return true;
            }

            json.Skip();
        }

        return false;
    }
}
