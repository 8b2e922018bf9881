using Sandbox.Planning;

namespace Sandbox.Images;

/// <summary>Digests as images write them: <c>sha256:</c> and 64 hexadecimal digits, lower case.</summary>
internal static class Digests
{
    /// <summary>What stands before the digits.</summary>
    public const string Prefix = "sha256:";

    private const int Digits = 64;

    /// <summary>The digits of a digest.</summary>
    /// <exception cref="InvalidImageException">It is none, or of another kind.</exception>
    public static string Hex(string digest, ImageOrigin origin)
    {
        if (digest.StartsWith(Prefix, StringComparison.Ordinal) && IsHex(digest.AsSpan(Prefix.Length)) && digest.Length == Prefix.Length + Digits)
            return digest[Prefix.Length..];

        throw origin.Refuse($"{Words.Quote(digest)} is no digest that can be checked: only sha256 is known");
    }

    /// <summary>All of it are hexadecimal digits in lower case.</summary>
    public static bool IsHex(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(s_hex) < 0;

    /// <summary>It is the whole of a SHA-256.</summary>
    public static bool IsWhole(ReadOnlySpan<char> text) => text.Length == Digits && IsHex(text);

    /// <summary>The first digits, enough for people.</summary>
    public static string Short(string hex) => hex[..12];

    private static readonly System.Buffers.SearchValues<char> s_hex = System.Buffers.SearchValues.Create("0123456789abcdef");
}
