namespace Sandbox.Hashing;

/// <summary>The name of a file of the store: <c>sha256:</c> and 64 hexadecimal digits.</summary>
internal static class ObjectName
{
    public const string Prefix = "sha256:";

    private const int Digits = 64;
    private static readonly System.Buffers.SearchValues<char> s_digits = System.Buffers.SearchValues.Create("0123456789abcdef");

    /// <summary>The digits are those of a SHA-256 as this project writes it; it is then a safe file name, too.</summary>
    public static bool IsDigest(string? digits) =>
        digits is { Length: Digits } && digits.AsSpan().IndexOfAnyExcept(s_digits) < 0;

    /// <summary>What is wrong with the digits, or null.</summary>
    public static string? Problem(string? digits) =>
        IsDigest(digits) ? null : "must be \"sha256:\" and 64 hexadecimal digits in lower case, as \"sandbox store put\" prints them";
}
