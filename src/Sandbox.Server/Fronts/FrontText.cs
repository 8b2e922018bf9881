using System.Text;
using System.Text.Unicode;

namespace Sandbox.Server.Fronts;

/// <summary>JSON as Go and JavaScript read it: text that is none is no reason to refuse a program, which may have been cut in the middle of a character.</summary>
internal static class FrontText
{
    private const int EscapeLength = 6; // \uNNNN

    private static ReadOnlySpan<byte> Replacement => "fffd"u8;

    /// <summary>The same JSON where bytes that are no UTF-8 and escapes of a lone surrogate are U+FFFD.</summary>
    public static ReadOnlyMemory<byte> Repaired(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span))
        {
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.Span));
        }

        byte[]? copy = null;
        for (var at = NextEscape(json.Span, 0); at >= 0; at = NextEscape(json.Span, at))
        {
            var half = Half(json.Span, at);
            if (half == Surrogate.High && Half(json.Span, at + EscapeLength) == Surrogate.Low)
            {
                at += 2 * EscapeLength;
                continue;
            }

            if (half != Surrogate.None)
            {
                copy ??= json.ToArray();
                Replacement.CopyTo(copy.AsSpan(at + 2));
            }

            at += half == Surrogate.None ? 2 : EscapeLength;
        }

        return copy ?? json;
    }

    private enum Surrogate
    {
        None,
        High,
        Low,
    }

    private static int NextEscape(ReadOnlySpan<byte> json, int from) =>
        from < json.Length && json[from..].IndexOf((byte)'\\') is var next and >= 0 ? from + next : -1;

    // What is escaped where: half of a character beyond the first 65536, or anything else.
    private static Surrogate Half(ReadOnlySpan<byte> json, int at) =>
        at + EscapeLength > json.Length || json[at] != '\\' || json[at + 1] != 'u' || json[at + 2] is not ((byte)'d' or (byte)'D') || !char.IsAsciiHexDigit((char)json[at + 4]) || !char.IsAsciiHexDigit((char)json[at + 5]) ? Surrogate.None
        : json[at + 3] switch
        {
            (byte)'8' or (byte)'9' or (byte)'a' or (byte)'A' or (byte)'b' or (byte)'B' => Surrogate.High,
            >= (byte)'c' and <= (byte)'f' or >= (byte)'C' and <= (byte)'F' => Surrogate.Low,
            _ => Surrogate.None,
        };
}
