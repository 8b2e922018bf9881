using System.Globalization;
using System.Text;

namespace Sandbox.Planning;

/// <summary>Words of a job in sentences for people: unquoted where nothing can be misread, never raw control characters.</summary>
internal static class Words
{
    // Long enough for paths and options, short enough that a script given as an argument does not fill the screen.
    private const int LongestWord = 256;

    public static string Quote(string word)
    {
        if (word.Length is > 0 and <= LongestWord && word.AsSpan().IndexOfAnyExcept(s_plain) < 0)
        {
            return word;
        }

        var text = new StringBuilder("\"");
        foreach (var character in word.AsSpan(0, Math.Min(word.Length, LongestWord)))
        {
            Append(text, character);
        }

        return text.Append(word.Length > LongestWord ? "…\"" : "\"").ToString();
    }

    /// <summary>A file mode as chmod(1) takes it.</summary>
    public static string Octal(int mode) => "0" + Convert.ToString(mode, 8);

    private static readonly System.Buffers.SearchValues<char> s_plain = System.Buffers.SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+=:,@%~^*?");

    // A terminal obeys control characters; so do the C1 ones, which are not below a space.
    private static void Append(StringBuilder text, char character)
    {
        if (character is '"' or '\\')
        {
            text.Append('\\').Append(character);
            return;
        }

        if (char.IsControl(character) || char.IsSurrogate(character) || character is '\u2028' or '\u2029')
        {
            text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            return;
        }

        text.Append(character);
    }
}
