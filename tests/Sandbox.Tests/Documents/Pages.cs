using System.Text.RegularExpressions;

namespace Sandbox.Tests.Documents;

/// <summary>The documents of this repository.</summary>
internal static partial class Pages
{
    private static readonly string[] s_nowhere = ["/out/", "/bin/", "/obj/", "/.git/", "/node_modules/"];

    /// <summary>Paths of all pages, relative to the repository.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Files().Where(path => path.EndsWith(".md", StringComparison.Ordinal))];

    /// <summary>Paths of all files that a reader of the sources has.</summary>
    public static IEnumerable<string> Files() =>
        Directory.EnumerateFiles(Repository.Root, "*", SearchOption.AllDirectories)
            .Where(path => !s_nowhere.Any(part => path.AsSpan(Repository.Root.Length).Contains(part, StringComparison.Ordinal)))
            .Select(path => Path.GetRelativePath(Repository.Root, path));

    /// <summary>A page without its code blocks; lines keep their numbers.</summary>
    public static string Prose(string page)
    {
        var isCode = false;
        return string.Join('\n', Repository.Read(page).Split('\n').Select(line =>
        {
            var isFence = line.StartsWith("```", StringComparison.Ordinal);
            isCode ^= isFence;
            return isCode || isFence ? "" : line;
        }));
    }

    /// <summary>What the headings of a page can be linked by.</summary>
    public static HashSet<string> Anchors(string page) =>
        [.. Heading().Matches(Prose(page)).Select(match => NotInAnchors().Replace(match.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'))];

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("[^a-z0-9 _-]")]
    private static partial Regex NotInAnchors();
}
