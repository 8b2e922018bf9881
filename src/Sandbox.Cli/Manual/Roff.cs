using System.Globalization;
using System.Text;

namespace Sandbox.Cli.Manual;

/// <summary>Writes a manual page in the macros of man(7), which groff and mandoc both read.</summary>
internal sealed class Roff
{
    // Of the source, where it is filled again anyway; the escapes come on top.
    private const int Width = 60;

    private readonly StringBuilder _text = new();
    private bool _isAtHeading;

    /// <param name="name">Of the page, such as <c>sandbox-run</c>.</param>
    /// <param name="section">Of the manual: 1 for commands, 5 for files.</param>
    /// <param name="date">Of the page, as ISO 8601 has it.</param>
    public Roff(string name, int section, string date) =>
        _text.Append(CultureInfo.InvariantCulture, $".TH \"{Escape(name.ToUpperInvariant())}\" \"{section}\" \"{date}\" \"sandbox {Escape(ProductVersion.Text)}\" \"Sandbox Manual\"\n");

    public override string ToString() => _text.ToString();

    public void Section(string title) => Heading(".SH", title);

    public void Subsection(string title) => Heading(".SS", title);

    /// <summary>What NAME says, from which whatis(1) and apropos(1) are made.</summary>
    public void Name(string name, string summary)
    {
        Section("NAME");
        _text.Append(Escape(name)).Append(" \\-\n");
        _isAtHeading = false;
        Text(summary);
    }

    /// <summary>How a command is written: its words in bold.</summary>
    public void Synopsis(string words, string rest)
    {
        Break();
        Line(".B", words);
        Text(rest);
    }

    /// <summary>A paragraph.</summary>
    public void Paragraph(string text)
    {
        Break();
        Text(text);
    }

    /// <summary>A term in bold, what follows it on its line, and a paragraph about it.</summary>
    public void Term(string bold, string rest, string text)
    {
        Line(".TP");
        _isAtHeading = false;
        _text.Append("\\fB").Append(Escape(bold)).Append("\\fR").Append(rest.Length > 0 ? " " + Escape(rest) : "").Append('\n');
        Text(text);
    }

    /// <summary>Lines that stay as they are.</summary>
    public void Verbatim(IEnumerable<string> lines)
    {
        Break();
        Line(".RS", "4");
        Line(".nf");
        foreach (var line in lines)
        {
            Words(line);
        }

        Line(".fi");
        Line(".RE");
    }

    /// <summary>Other pages.</summary>
    public void SeeAlso(IEnumerable<(string Name, int Section)> pages)
    {
        Section("SEE ALSO");
        (string Name, int Section)[] all = [.. pages];
        for (var index = 0; index < all.Length; index++)
        {
            // The last word of a macro is set in the other face, and stays with the one before it.
            _text.Append(CultureInfo.InvariantCulture, $".BR {Escape(all[index].Name)} ({all[index].Section}){(index + 1 < all.Length ? "," : "")}\n");
        }
    }

    private void Heading(string macro, string title)
    {
        Line(macro, title);
        _isAtHeading = true;
    }

    // Below a heading a paragraph begins by itself.
    private void Break()
    {
        if (!_isAtHeading)
        {
            Line(".PP");
        }

        _isAtHeading = false;
    }

    // Short lines, each sentence on one of its own, from which formatters know where it ends (man-pages(7)).
    private void Text(string text)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && (line.Length + word.Length >= Width || line[^1] == '.'))
            {
                Words(line.ToString());
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        if (line.Length > 0)
        {
            Words(line.ToString());
        }
    }

    // What begins with one of these would be a request (roff(7), "Control lines").
    private void Words(string line) =>
        _text.Append(line.Length == 0 || line[0] is '.' or '\'' ? "\\&" : "").Append(Escape(line)).Append('\n');

    private void Line(string macro, params string[] arguments)
    {
        _text.Append(macro);
        foreach (var argument in arguments)
        {
            _text.Append(" \"").Append(Escape(argument)).Append('"');
        }

        _text.Append('\n');
    }

    // As they are, formatters make typographic signs of some, which cannot be pasted into a shell (groff_char(7)).
    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '\\' => "\\e",
                '-' => "\\-",
                '\'' => "\\(aq",
                '"' => "\\(dq",
                '`' => "\\(ga",
                '^' => "\\(ha",
                '~' => "\\(ti",
                < 0x80 => rune.ToString(),
                var value => $"\\[u{value:X4}]",
            });
        }

        return escaped.ToString();
    }
}
