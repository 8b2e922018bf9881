using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>
/// Digests as images write them (image-spec, "Digest", registered algorithms): <c>sha256:</c> and 64 hexadecimal digits in lower case, or
/// <c>sha512:</c> and 128. Apart from documents the digits stand alone, since their number says which it is.
/// </summary>
internal static class Digests
{
    /// <summary>What stands before the digits of a name in the store.</summary>
    public const string Prefix = "sha256:";

    private const string LongPrefix = "sha512:";
    private const int Digits = 64;
    private const int LongDigits = 128;

    /// <summary>The digits of a digest.</summary>
    /// <exception cref="InvalidImageException">It is none, or of another kind.</exception>
    public static string Hex(string digest, ImageOrigin origin)
    {
        var hex = digest[Math.Min(Prefix.Length, digest.Length)..];
        if (IsHex(hex) && ((hex.Length == Digits && digest.StartsWith(Prefix, StringComparison.Ordinal)) || (IsLong(hex) && digest.StartsWith(LongPrefix, StringComparison.Ordinal))))
            return hex;

        throw origin.Refuse($"{Words.Quote(digest)} is no digest that can be checked: sha256 and sha512 are known");
    }

    /// <summary>The digits are those of a SHA-512.</summary>
    public static bool IsLong(string hex) => hex.Length == LongDigits;

    /// <summary>As documents have it.</summary>
    public static string Text(string hex) => (IsLong(hex) ? LongPrefix : Prefix) + hex;

    /// <summary>The file of a blob in a layout.</summary>
    public static string File(string hex) => (IsLong(hex) ? "blobs/sha512/" : "blobs/sha256/") + hex;

    /// <summary>All of it are hexadecimal digits in lower case.</summary>
    public static bool IsHex(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(s_hex) < 0;

    /// <summary>It is the whole of a SHA-256.</summary>
    public static bool IsWhole(ReadOnlySpan<char> text) => text.Length == Digits && IsHex(text);

    /// <summary>The first digits, enough for people.</summary>
    public static string Short(string hex) => hex[..12];

    private static readonly System.Buffers.SearchValues<char> s_hex = System.Buffers.SearchValues.Create("0123456789abcdef");
}
