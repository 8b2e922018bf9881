using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>
/// The text of a JSON string or member name. The reader throws where it is none (a lone surrogate, bytes
/// that are not UTF-8); here that is an answer, because a job file may hold anything.
/// </summary>
internal static class JsonText
{
    /// <summary>The text; null if it is none.</summary>
    public static string? Decode(in Utf8JsonReader json)
    {
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The text's UTF-8; null if it is none.</summary>
    public static byte[]? DecodeUtf8(in Utf8JsonReader json)
    {
        try
        {
            var buffer = new byte[json.ValueSpan.Length];
            var length = json.CopyString(buffer);
            return length == buffer.Length ? buffer : buffer[..length];
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The text is this one.</summary>
    public static bool Is(in Utf8JsonReader json, string text)
    {
        try
        {
            return json.ValueTextEquals(text);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
