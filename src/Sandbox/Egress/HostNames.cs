namespace Sandbox.Egress;

/// <summary>Names of hosts, as rules and questions have them.</summary>
internal static class HostNames
{
    /// <summary>The name by which a job reaches the host's own loopback.</summary>
    public const string Host = "host.sandbox.internal";

    // RFC 1035, section 2.3.4: 255 bytes with the length of each label and the root's.
    private const int Longest = 253;
    private const int LongestLabel = 63;

    /// <summary>The name in small letters and without the root's dot; null for what is none.</summary>
    /// <remarks>
    /// Letters, digits, - and _ in labels of 1 to 63. Whatever resolvers would take for a number (inet_aton(3): 2130706433, 0x7f.1, 127.1) is none.
    /// </remarks>
    public static string? Normal(string text)
    {
        var name = (text.EndsWith('.') ? text[..^1] : text).ToLowerInvariant();
        if (name.Length is 0 or > Longest)
        {
            return null;
        }

        var last = "";
        foreach (var label in name.Split('.'))
        {
            if (label.Length is 0 or > LongestLabel || label[0] == '-' || label[^1] == '-' || !label.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '_'))
            {
                return null;
            }

            last = label;
        }

        return last.All(char.IsAsciiDigit) || (last.StartsWith("0x", StringComparison.Ordinal) && last[2..].All(char.IsAsciiHexDigit)) ? null : name;
    }

    /// <summary>Whether it names the asking machine itself (RFC 6761, section 6.3).</summary>
    public static bool IsLocal(string name) => name == "localhost" || name.EndsWith(".localhost", StringComparison.Ordinal);
}
