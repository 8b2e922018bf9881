using System.Text;
using System.Text.RegularExpressions;

namespace Sandbox.KernelTests;

/// <summary>What a document says that a command prints, as a pattern: an ellipsis stands for anything, a number for any number, a gap for any gap.</summary>
internal static partial class PrintedOutput
{
    /// <summary>The commands of a block and what each of them prints.</summary>
    public static IEnumerable<(string Command, string Printed)> Of(string block)
    {
        var parts = Prompt().Split("\n" + block)[1..];
        return parts.Select(part => part.Split('\n', 2)).Select(part => (part[0], part.ElementAtOrDefault(1) ?? ""));
    }

    public static bool Matches(string expected, string printed) =>
        Regex.IsMatch(printed, Pattern(expected), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));

    private static string Pattern(string expected)
    {
        var pattern = new StringBuilder(@"\A");
        foreach (var line in expected.TrimEnd('\n').Split('\n'))
        {
            pattern.Append(line.Trim() == "…" ? @"(?:[^\n]*\n)*?" : Line(line) + @"[ ]*(?:\n|\z)");
        }

        return pattern.Append(@"\s*\z").ToString();
    }

    private static string Line(string line) =>
        string.Concat(Part().Matches(line).Select(part => part.Value[0] switch
        {
            '…' => @"[^\n]*",
            ' ' => "[ ]+",
            >= '0' and <= '9' => @"[0-9]+(?:\.[0-9]+)?",
            _ => Regex.Escape(part.Value),
        }));

    [GeneratedRegex(@"\n\$ ")]
    private static partial Regex Prompt();

    [GeneratedRegex(@"…|[ ]+|[0-9]+(?:\.[0-9]+)?|[^… 0-9]+")]
    private static partial Regex Part();
}
