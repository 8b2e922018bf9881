namespace Sandbox.Text;

/// <summary>The escapes of a JSON pointer (RFC 6901): <c>~0</c> for a tilde, <c>~1</c> for a slash.</summary>
internal static class JsonPointer
{
    public static string Escape(string part) =>
        part.AsSpan().IndexOfAny('~', '/') < 0
            ? part
            : part.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    public static string Unescape(string part) =>
        part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    /// <summary>One pointer names the other's value or something within it.</summary>
    public static bool Overlap(string left, string right)
    {
        var (shorter, longer) = left.Length <= right.Length ? (left, right) : (right, left);
        return longer.StartsWith(shorter, StringComparison.Ordinal) &&
            (longer.Length == shorter.Length || longer[shorter.Length] == '/');
    }
}
