namespace Sandbox.Cli.Run;

/// <summary>
/// The arguments after <c>sandbox run</c>, taken apart by the rules of <c>docker run</c> (pflag without interspersed
/// options): options end at <c>--</c> or at the first word that is none, and from there on every word is the job's,
/// untouched. A general parser is of no use here: System.CommandLine 3.0.0 takes <c>tar -xf=a</c> apart behind that
/// point too and hands the job <c>tar -x -f a</c>, and makes an unknown option the command.
/// </summary>
internal sealed class RunArguments
{
    private readonly List<GivenOption> _options = [];
    private readonly List<string> _problems = [];
    private IReadOnlyList<string> _command = [];

    private RunArguments()
    {
    }

    /// <summary>The options in the order in which they were given.</summary>
    public IReadOnlyList<GivenOption> Options => _options;

    /// <summary>The job's own words.</summary>
    public IReadOnlyList<string> Command => _command;

    /// <summary>What is wrong, each in one sentence.</summary>
    public IReadOnlyList<string> Problems => _problems;

    public static RunArguments Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new RunArguments();
        var next = 0;
        while (next < arguments.Count && arguments[next] is ['-', _, ..] word)
        {
            next++;
            if (word == "--")
            {
                break;
            }

            var taken = word[1] == '-' ? parsed.TakeName(word, arguments, next) : parsed.TakeLetters(word, arguments, next);
            if (taken < 0)
            {
                // Whether an unknown option takes the next word is anybody's guess, so nothing after it can be understood.
                return parsed;
            }

            next += taken;
        }

        parsed._command = [.. arguments.Skip(next)];
        return parsed;
    }

    // Each returns how many of the next words it took, or -1 if it cannot be understood.
    private int TakeName(string word, IReadOnlyList<string> arguments, int next)
    {
        var equals = word.IndexOf('=');
        var spelling = equals < 0 ? word : word[..equals];
        if (RunOptions.WithName(spelling[2..]) is not { } option)
        {
            _problems.Add(RunOptions.UnknownProblem(spelling[2..]));
            return -1;
        }

        if (option.IsSwitch)
        {
            TakeSwitch(option, spelling, equals < 0 ? null : word[(equals + 1)..]);
            return 0;
        }

        return TakeValue(option, spelling, equals < 0 ? null : word[(equals + 1)..], arguments, next);
    }

    private int TakeLetters(string word, IReadOnlyList<string> arguments, int next)
    {
        for (var index = 1; index < word.Length; index++)
        {
            var spelling = "-" + word[index];
            if (RunOptions.WithLetter(word[index]) is not { } option)
            {
                _problems.Add(RunOptions.UnknownProblem(word[index]) + (word.Length > 2 ? $" (in {word})" : ""));
                return -1;
            }

            var rest = word[(index + 1)..];
            if (!option.IsSwitch)
            {
                // -m256m and -m=256m are the same to docker.
                return TakeValue(option, spelling, rest.Length == 0 ? null : rest.StartsWith('=') ? rest[1..] : rest, arguments, next);
            }

            if (rest.StartsWith('='))
            {
                TakeSwitch(option, spelling, rest[1..]);
                return 0;
            }

            TakeSwitch(option, spelling, null);
        }

        return 0;
    }

    private void TakeSwitch(RunOption option, string spelling, string? value)
    {
        if (value is null or "true")
        {
            _options.Add(new() { Option = option, Spelling = spelling, Value = "" });
            return;
        }

        _problems.Add(value == "false"
            ? $"{spelling}=false: leave it out instead"
            : $"{spelling} takes no value");
    }

    private int TakeValue(RunOption option, string spelling, string? value, IReadOnlyList<string> arguments, int next)
    {
        var isNext = value is null;
        if (isNext && next == arguments.Count)
        {
            // Nobody names no host: at the end of the line it is what it is behind every other command.
            if (spelling == "-h")
            {
                TakeSwitch(RunOptions.WithName("help")!, spelling, null);
                return 0;
            }

            _problems.Add($"{spelling} needs a value: {option.Value}");
            return -1;
        }

        _options.Add(new() { Option = option, Spelling = spelling, Value = value ?? arguments[next] });
        return isNext ? 1 : 0;
    }
}
