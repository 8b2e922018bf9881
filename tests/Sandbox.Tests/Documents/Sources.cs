using System.Text;
using System.Text.RegularExpressions;

namespace Sandbox.Tests.Documents;

/// <summary>The sources of this repository: what they declare, and what their comments and the documents say.</summary>
internal static partial class Sources
{
    private static readonly string[] s_files = [.. Pages.Files()];

    private static readonly Dictionary<string, string> s_declared = Declared();

    private static readonly HashSet<string> s_identifiers = Identifiers();

    /// <summary>Comments of C#, C and shell scripts, and what stands in back-ticks in documents, line by line. A changelog tells of what is no more.</summary>
    public static IEnumerable<(string Place, string Text)> Sayings()
    {
        foreach (var file in s_files.Where(file => file != "CHANGELOG.md" && !file.StartsWith("src/Sandbox/Interop/Generated/", StringComparison.Ordinal)))
        {
            var lines = Path.GetExtension(file) switch
            {
                ".cs" => CSharpComment().Matches(Repository.Read(file)),
                ".c" or ".h" => CComment().Matches(Repository.Read(file)),
                ".sh" => ShellComment().Matches(Repository.Read(file)),
                ".md" => BackTicks().Matches(Pages.Prose(file)).AsEnumerable(),
                _ => [],
            };
            foreach (var line in lines.SelectMany(match => match.Value.Split('\n')))
            {
                yield return (file, Address().Replace(line, ""));
            }
        }
    }

    /// <summary>A file is there whose path is this one or ends with it.</summary>
    public static bool HasFile(string path)
    {
        var named = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
        return s_files.Any(file => file == named || file.EndsWith("/" + named, StringComparison.Ordinal));
    }

    /// <summary>Code of ours uses this name: our own, the framework's, or a property of a project.</summary>
    public static bool Uses(string name) => s_identifiers.Contains(name);

    /// <summary>A type of ours.</summary>
    public static bool Declares(string type) => s_declared.ContainsKey(type);

    /// <summary>The files that declare the type have this word.</summary>
    public static bool HasMember(string type, string member) => Regex.IsMatch(s_declared[type], $@"\b{member}\b");

    private static Dictionary<string, string> Declared()
    {
        var declared = new Dictionary<string, StringBuilder>();
        foreach (var text in Code().Select(file => CSharpComment().Replace(Repository.Read(file), "")))
        {
            foreach (var type in Declaration().Matches(text).Select(match => match.Groups[1].Value).Distinct())
            {
                declared.TryAdd(type, new());
                declared[type].Append(text);
            }
        }

        return declared.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
    }

    private static HashSet<string> Identifiers() =>
        [.. Code().Select(file => CSharpComment().Replace(Repository.Read(file), "")).Concat(Settings().Select(Repository.Read))
            .SelectMany(text => Identifier().Matches(text).Select(match => match.Value))];

    private static IEnumerable<string> Code() => s_files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    private static IEnumerable<string> Settings() =>
        s_files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal) || file.EndsWith(".props", StringComparison.Ordinal));

    [GeneratedRegex(@"(?<=^|[\s;{}(),])//.*", RegexOptions.Multiline)]
    private static partial Regex CSharpComment();

    [GeneratedRegex(@"/\*.*?\*/|//.*", RegexOptions.Singleline)]
    private static partial Regex CComment();

    [GeneratedRegex(@"^\s*#(?!!).*", RegexOptions.Multiline)]
    private static partial Regex ShellComment();

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex BackTicks();

    [GeneratedRegex(@"\w+://\S+")]
    private static partial Regex Address();

    [GeneratedRegex(@"\b(?:class|struct|record|enum|interface|delegate \w+) ([A-Z]\w*)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b[A-Z]\w*")]
    private static partial Regex Identifier();
}
