using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sandbox.Text;

/// <summary>
/// Names and words of a job for people, on a terminal or in a sentence of a result: unquoted where nothing can be misread, else
/// quoted. What cannot be seen, moves other characters, or is taken for a command by a terminal is written as in JSON: <c>\u202e</c>.
/// </summary>
internal static class Words
{
    // Long enough for paths and options, short enough that a script given as an argument does not fill the screen.
    private const int MaxWord = 256;

    private static readonly SearchValues<char> s_plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+=:,@%~^*?");

    /// <summary>A name or a word; what is longer than 256 characters is cut.</summary>
    public static string Quote(string word) => Quote(word, MaxWord);

    /// <summary>The same, never cut.</summary>
    public static string QuoteWhole(string word) => Quote(word, int.MaxValue);

    /// <summary>A sentence, whatever came into it; the same if there is nothing to hide in it.</summary>
    public static string Printable(string sentence)
    {
        if (Ascii.IsValid(sentence) && !sentence.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return sentence;
        }

        var text = new StringBuilder(sentence.Length);
        Append(text, sentence, quoted: false);
        return text.ToString();
    }

    /// <summary>Lines of text, each a sentence.</summary>
    public static string PrintableLines(string text) => string.Join('\n', text.Split('\n').Select(Printable));

    /// <summary>A file mode as chmod(1) takes it.</summary>
    public static string Octal(int mode) => "0" + Convert.ToString(mode, 8);

    /// <summary>
    /// Nobody sees it for what it is: controls (C1 too, which terminals obey), directions and joiners (Cf), separators of lines and
    /// paragraphs, what is no character (halves of a surrogate pair, unassigned, private, U+FFFD for bytes that were none), and what looks like
    /// a space or like nothing at all.
    /// </summary>
    internal static bool IsHidden(Rune character) => Rune.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or
        UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => true,
        UnicodeCategory.SpaceSeparator => character.Value != ' ',

        // Default_Ignorable_Code_Point of the Unicode Character Database, beyond the categories above; and a blank of Braille.
        _ => character.Value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or 0x2800 or 0x3164 or
            (>= 0xFE00 and <= 0xFE0F) or 0xFFA0 or 0xFFFC or 0xFFFD or (>= 0xE0100 and <= 0xE01EF),
    };

    private static string Quote(string word, int longest)
    {
        if (word.Length > 0 && word.Length <= longest && word.AsSpan().IndexOfAnyExcept(s_plain) < 0)
        {
            return word;
        }

        var shown = word.AsSpan(0, Math.Min(word.Length, longest));
        if (shown.Length < word.Length && char.IsHighSurrogate(shown[^1]))
        {
            shown = shown[..^1];
        }

        var text = new StringBuilder("\"");
        Append(text, shown, quoted: true);
        return text.Append(word.Length > longest ? "…\"" : "\"").ToString();
    }

    private static void Append(StringBuilder text, ReadOnlySpan<char> word, bool quoted)
    {
        while (word.Length > 0)
        {
            var isCharacter = Rune.DecodeFromUtf16(word, out var character, out var length) == OperationStatus.Done;
            if (!isCharacter || IsHidden(character))
            {
                foreach (var unit in word[..length])
                {
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
                }
            }
            else
            {
                text.Append(quoted && word[0] is ('"' or '\\') ? "\\" : "").Append(word[..length]);
            }

            word = word[length..];
        }
    }
}

/// <summary>Names of C# and JSON in the spelling of result.json (<c>cpu-time-limit</c>) and of OpenTelemetry (<c>cpu_time</c>).</summary>
internal static class Spelling
{
    public static string Join(string camelCase, char separator)
    {
        var words = new StringBuilder(camelCase.Length + 4);
        foreach (var letter in camelCase)
        {
            if (char.IsAsciiLetterUpper(letter) && words.Length > 0)
            {
                words.Append(separator);
            }

            words.Append(char.ToLowerInvariant(letter));
        }

        return words.ToString();
    }
}
