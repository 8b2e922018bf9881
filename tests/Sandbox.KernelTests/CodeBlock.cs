namespace Sandbox.KernelTests;

/// <summary>A fenced block of a document. What follows the language in the line that opens it is not shown; CONTRIBUTING.md, "Documents", says what it means.</summary>
internal sealed record CodeBlock
{
    private const string Fence = "```";

    /// <summary>The path of the page.</summary>
    public required string Page { get; init; }

    /// <summary>The line that opens it, from 1.</summary>
    public required int Line { get; init; }

    public required string Language { get; init; }

    /// <summary>What becomes of it: <c>run</c>, <c>skip:</c>, <c>elsewhere:</c>, <c>file:</c>, or nothing.</summary>
    public required string Mark { get; init; }

    /// <summary>What follows the mark: a reason, or a file.</summary>
    public required string Rest { get; init; }

    /// <summary>The directory in whose copy it runs; empty for one that holds examples and policies.</summary>
    public required string Directory { get; init; }

    /// <summary>The tools without which it is not run.</summary>
    public required IReadOnlyList<string> Needs { get; init; }

    public required string Text { get; init; }

    public bool Runs => Mark == "run";

    /// <summary>It shows commands and what they print, not commands alone.</summary>
    public bool HasOutput => Language == "console";

    /// <summary>The blocks of a page, in order.</summary>
    public static IReadOnlyList<CodeBlock> Of(string page, string text)
    {
        var blocks = new List<CodeBlock>();
        var lines = text.Split('\n');
        for (var line = 0; line < lines.Length; line++)
        {
            if (lines[line].StartsWith(Fence, StringComparison.Ordinal))
            {
                var end = Array.FindIndex(lines, line + 1, other => other.TrimEnd() == Fence);
                blocks.Add(Parse(page, line + 1, lines[line][Fence.Length..], string.Join('\n', lines[(line + 1)..end])));
                line = end;
            }
        }

        return blocks;
    }

    public override string ToString() => $"{Page}:{Line}";

    private static CodeBlock Parse(string page, int line, string opening, string text)
    {
        var (before, needs) = Cut(opening, " needs: ");
        var (start, directory) = Cut(before, " in: ");
        var words = start.Trim().Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        return new()
        {
            Page = page,
            Line = line,
            Language = words.ElementAtOrDefault(0) ?? "",
            Mark = words.ElementAtOrDefault(1) ?? "",
            Rest = words.ElementAtOrDefault(2) ?? "",
            Directory = directory.Trim(),
            Needs = needs.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Text = text,
        };
    }

    private static (string Before, string After) Cut(string text, string word) =>
        text.IndexOf(word, StringComparison.Ordinal) is >= 0 and var at ? (text[..at], text[(at + word.Length)..]) : (text, "");
}
