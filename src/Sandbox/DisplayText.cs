using Sandbox.Text;

namespace Sandbox;

/// <summary>
/// Text that came from a job, a file or a command line, made fit to be shown. What cannot be seen, moves other characters, or is taken for a command by a
/// terminal is written as in JSON: <c>\u202e</c>. Messages of the SDK are so already.
/// </summary>
public static class DisplayText
{
    /// <summary>A name or a word in a sentence: as it is where nothing can be misread, else in quotes. What is longer than 256 characters is cut.</summary>
    /// <param name="word">The word.</param>
    public static string Quote(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return Words.Quote(word);
    }

    /// <summary>The same, never cut.</summary>
    /// <param name="word">The word.</param>
    public static string QuoteWhole(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return Words.QuoteWhole(word);
    }

    /// <summary>One line, whatever came into it: a line end is written as <c>\n</c>.</summary>
    /// <param name="sentence">The line.</param>
    public static string Printable(string sentence)
    {
        ArgumentNullException.ThrowIfNull(sentence);
        return Words.Printable(sentence);
    }

    /// <summary>Lines, each as of <see cref="Printable"/>.</summary>
    /// <param name="text">Lines, parted by line feeds.</param>
    public static string PrintableLines(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Words.PrintableLines(text);
    }

    /// <summary>Bytes in the largest binary unit, with at most one decimal, such as <c>256 MiB</c>: rounded, for people.</summary>
    /// <param name="bytes">The number.</param>
    public static string Bytes(long bytes) => Amount.Bytes(bytes);
}
