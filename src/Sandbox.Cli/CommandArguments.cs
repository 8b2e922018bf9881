using Sandbox.Cli.Run;

namespace Sandbox.Cli;

/// <summary>
/// The words after a command: options, wherever they stand, and the rest. <c>--option=value</c> is <c>--option value</c>, <c>-o4</c> is <c>-o 4</c>, and after
/// <c>--</c> everything is a word, also what begins with a dash.
/// </summary>
internal sealed class CommandArguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _words = [];
    private readonly Command _command;

    private CommandArguments(Command command) => _command = command;

    /// <summary>What is no option.</summary>
    public IReadOnlyList<string> Words => _words;

    /// <summary>Everything as it was given.</summary>
    public IReadOnlyList<string> Given { get; private init; } = [];

    /// <summary>The value of an option, given last; null if it was not given.</summary>
    public string? Value(string option) => _values.GetValueOrDefault(option);

    /// <summary>The switch was given.</summary>
    public bool Has(string option) => _values.ContainsKey(option);

    /// <summary>Takes the words apart.</summary>
    /// <param name="command">Whose they are.</param>
    /// <param name="words">Those after its name.</param>
    /// <param name="parsed">The arguments, if they make sense.</param>
    /// <returns>What is wrong, in one sentence; null for nothing.</returns>
    public static string? Parse(Command command, IReadOnlyList<string> words, out CommandArguments parsed)
    {
        parsed = new CommandArguments(command) { Given = words };
        return parsed.Take(words) ?? parsed.CountProblem();
    }

    /// <summary>Help is asked for, rather than anything else.</summary>
    public static bool AskForHelp(string[] words)
    {
        foreach (var word in words)
        {
            if (word is "--help" or "-h" or "--")
            {
                return word != "--";
            }
        }

        return false;
    }

    private string? Take(IReadOnlyList<string> words)
    {
        for (var next = 0; next < words.Count; next++)
        {
            var word = words[next];
            if (word == "--")
            {
                _words.AddRange(words.Skip(next + 1));
                return null;
            }

            if (word is not ['-', _, ..])
            {
                _words.Add(word);
                continue;
            }

            if (word[1] != '-' && _command.OptionOf(word[1]) is { IsSwitch: false } lettered && word.Length > 2)
            {
                _values[lettered.Name] = word[2] == '=' ? word[3..] : word[2..];
                continue;
            }

            if (word[1] != '-' && word.Length > 2 && word.Skip(1).All(letter => _command.OptionOf(letter) is { IsSwitch: true }))
            {
                foreach (var letter in word.Skip(1))
                {
                    _values[_command.OptionOf(letter)!.Name] = "";
                }

                continue;
            }

            var equals = word.IndexOf('=');
            var spelling = equals < 0 ? word : word[..equals];
            var named = spelling.StartsWith("--", StringComparison.Ordinal) ? _command.OptionOf(spelling[2..]) : spelling.Length == 2 ? _command.OptionOf(spelling[1]) : null;
            if (named is not { } option)
            {
                return UnknownProblem(spelling);
            }

            if (option.Value is null ? equals >= 0 : equals < 0 && next + 1 == words.Count)
            {
                return option.Value is null ? $"{spelling} takes no value" : $"{spelling} needs a value: {option.Value}";
            }

            _values[option.Name] = option.Value is null ? "" : equals < 0 ? words[++next] : word[(equals + 1)..];
        }

        return null;
    }

    private string? CountProblem()
    {
        if (_words.Count < _command.Fewest)
        {
            return $"{_command.Question} (sandbox {CommandHelp.Usage(_command)})";
        }

        return _words.Count > _command.Most
            ? $"{DisplayText.Quote(_words[_command.Most])} is one word too many (sandbox {CommandHelp.Usage(_command)})"
            : null;
    }

    private string UnknownProblem(string spelling)
    {
        string[] names = [.. _command.Options.Select(option => "--" + option.Name)];
        if (NearestName.Of(spelling, names) is { } meant)
        {
            return $"unknown option {spelling}; did you mean {meant}?";
        }

        // Who knows the options of run looks for them here; a job file has them all.
        return _command.Name is "exec" or "plan" && RunOptions.WithName(spelling.TrimStart('-')) is { Member: { Length: > 0 } member }
            ? $"{spelling} is an option of \"sandbox run\"; in a job file it is \"{member[1..].Replace('/', '.')}\""
            : $"unknown option {spelling}; \"sandbox {_command.Name} --help\" lists them";
    }
}
