using System.Globalization;

namespace Sandbox.Policies;

/// <summary>Values of the names that policies compare arguments with, such as <c>AF_UNIX</c>, and of errno names.</summary>
internal static class ArgumentNames
{
    private static readonly Lazy<Dictionary<string, ulong>> s_values = new(Read);

    public static IEnumerable<string> All => s_values.Value.Keys;

    public static bool TryFind(string name, out ulong value) => s_values.Value.TryGetValue(name, out value);

    /// <summary>Resolves a name, a decimal or 0x number, or a wildcard whose names are ORed together.</summary>
    public static bool TryResolve(string text, out ulong value)
    {
        value = 0;
        if (text.StartsWith("0x", StringComparison.Ordinal))
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        if (text.Length > 0 && char.IsAsciiDigit(text[0]))
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        if (!text.EndsWith('*'))
            return TryFind(text, out value);

        var found = false;
        foreach (var (name, bits) in s_values.Value)
        {
            if (!name.StartsWith(text[..^1], StringComparison.Ordinal))
                continue;
            found = true;
            value |= bits;
        }

        return found && text.Length > 1;
    }

    private static Dictionary<string, ulong> Read()
    {
        var values = new Dictionary<string, ulong>(1024, StringComparer.Ordinal);
        foreach (var row in TableFile.Rows("arguments.txt"))
            values.Add(row[0], ulong.Parse(row[1].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return values;
    }
}
