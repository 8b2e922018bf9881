using System.Text;

namespace Sandbox.Server.Settings.Explaining;

/// <summary><c>sandbox serve --explain-config</c>: tells what the command line and environment of another judge become here, and starts nothing.</summary>
internal static class ExplainCommand
{
    /// <summary>The option by which this program is asked for it; what follows it is of the other judge.</summary>
    public const string Option = "--explain-config";

    private const int Usage = 2;
    private const string GoVariable = "ES_";

    /// <summary>Tells it.</summary>
    /// <param name="words">The command line: variables, a program, and what follows it; or all of it in one word.</param>
    /// <param name="variables">This process's own environment, whose variables of these judges count as well.</param>
    /// <param name="write">Takes the lines.</param>
    /// <returns>The exit status.</returns>
    public static int Run(IReadOnlyList<string> words, IEnumerable<KeyValuePair<string, string>> variables, Action<string> write)
    {
        var found = Explain(words.Count == 1 ? words[0].Split(' ', StringSplitOptions.RemoveEmptyEntries) : words, variables, out var unknown);
        if (found.Count == 0 && unknown.Count == 0)
        {
            write($"usage: sandbox serve {Option} go-judge -http-addr :5050 …, or {Option} PISTON_RUN_TIMEOUT=5000 …");
            return Usage;
        }

        foreach (var one in found)
        {
            var ours = one.Options.Count > 0 ? Line(one.Options) : one.Limit is { } limit ? $"\"{limit.Member}\": {limit.Value}" : "nothing";
            write($"{one.Given}: {ours}{(one.Note.Length > 0 ? $" ({one.Note})" : "")}");
        }

        foreach (var word in unknown)
        {
            write($"{DisplayText.Quote(word)}: not known");
        }

        Sum(found, write);
        return unknown.Count == 0 ? 0 : Usage;
    }

    /// <summary>What each setting becomes.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="variables">The environment.</param>
    /// <param name="unknown">Settings that no such judge has.</param>
    public static IReadOnlyList<Explanation> Explain(IReadOnlyList<string> words, IEnumerable<KeyValuePair<string, string>> variables, out IReadOnlyList<string> unknown)
    {
        var (found, strange, named) = (new List<Explanation>(), new List<string>(), new HashSet<string>());
        for (var next = 0; next < words.Count; next++)
        {
            var word = words[next];
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (word is "-e" or "--env")
            {
                continue; // docker run: the variable follows
            }

            if (word.StartsWith('-') && word.TrimStart('-') is { Length: > 0 } flag)
            {
                var name = flag.Split('=')[0];
                if (GoJudgeConfiguration.Settings.FirstOrDefault(setting => setting.Name == name) is not { } setting)
                {
                    strange.Add(word.Split('=')[0]);
                    continue;
                }

                var value = equals >= 0 ? word[(equals + 1)..] : setting.IsSwitch ? "true" : next + 1 < words.Count ? words[++next] : "";
                Add(setting, "-" + name, value);
            }
            else if (equals > 0 && IsVariable(word[..equals]))
            {
                AddVariable(word[..equals], word[(equals + 1)..]);
            }
        }

        foreach (var (name, value) in variables.Where(variable => IsVariable(variable.Key) && !named.Contains(variable.Key)).OrderBy(static variable => variable.Key, StringComparer.Ordinal))
        {
            AddVariable(name, value);
        }

        unknown = strange;
        return found;

        void AddVariable(string name, string value)
        {
            named.Add(name);
            var setting = name.StartsWith(GoVariable, StringComparison.Ordinal)
                ? GoJudgeConfiguration.Settings.FirstOrDefault(known => known.Name == GoJudgeConfiguration.FlagOf(name))
                : PistonConfiguration.Settings.FirstOrDefault(known => known.Name == name);
            if (setting is null)
            {
                strange.Add(name);
                return;
            }

            Add(setting, name, value);
        }

        void Add(ForeignSetting setting, string name, string value) =>
            found.Add(setting.Explain(value) with { Given = DisplayText.Quote(setting.IsSecret ? name : setting.IsSwitch && value == "true" && name[0] == '-' ? name : $"{name}={value}") });
    }

    private static void Sum(IReadOnlyList<Explanation> found, Action<string> write)
    {
        var options = found.SelectMany(static one => one.Options).ToList();
        if (options.Count > 0)
        {
            write("");
            write("sandbox serve " + Line(options));
        }

        var limits = found.Select(static one => one.Limit).OfType<(string Member, string Value)>().ToList();
        if (limits.Count > 0)
        {
            write("");
            write("in the runtimes file (sandbox runtimes detect > runtimes.json; --runtimes $PWD/runtimes.json):");
            write("\"limits\": { " + string.Join(", ", limits.Select(static limit => $"\"{limit.Member}\": {limit.Value}")) + " }");
        }
    }

    private static bool IsVariable(string name) => name.StartsWith(GoVariable, StringComparison.Ordinal) || name.StartsWith(PistonConfiguration.Prefix, StringComparison.Ordinal);

    // As a shell takes it.
    private static string Line(IEnumerable<string> words) => string.Join(' ', words.Select(static word => word.All(static letter => char.IsAsciiLetterOrDigit(letter) || "-_=./,:[]%+@".Contains(letter, StringComparison.Ordinal)) && word.Length > 0 ? word : Quoted(word)));

    private static string Quoted(string word) => new StringBuilder("'").Append(DisplayText.Quote(word).Replace("'", "'\\''", StringComparison.Ordinal)).Append('\'').ToString();
}
