namespace Sandbox.Cli.Isolate;

/// <summary>
/// Reads a command line as getopt_long(3) does, which clients of isolate count on: options stand anywhere before <c>--</c>, a letter's value is attached or the next
/// word, the beginning of a long name is enough, and an optional value has to be attached.
/// </summary>
internal static class IsolateArguments
{
    /// <summary>Reads it.</summary>
    /// <param name="words">All that follows the name of the program.</param>
    /// <param name="problem">What is wrong with it, without the usage; empty for nothing.</param>
    /// <returns>Null if something is wrong.</returns>
    public static IsolateRequest? Parse(IReadOnlyList<string> words, out string problem)
    {
        var draft = new IsolateDraft();
        problem = Take(words, draft) ?? draft.Problem() ?? "";
        return problem.Length == 0 ? draft.Request : null;
    }

    private static string? Take(IReadOnlyList<string> words, IsolateDraft draft)
    {
        var program = new List<string>();
        var next = 0;
        while (next < words.Count)
        {
            var word = words[next++];
            if (word == "--")
            {
                program.AddRange(words.Skip(next));
                break;
            }

            var problem = word switch
            {
                ['-', '-', ..] => TakeLong(word[2..], words, ref next, draft),
                ['-', _, ..] => TakeLetters(word, words, ref next, draft),
                _ => Add(program, word),
            };
            if (problem is not null)
            {
                return problem;
            }
        }

        draft.Request = draft.Request with { Program = program };
        return null;
    }

    private static string? Add(List<string> program, string word)
    {
        program.Add(word);
        return null;
    }

    private static string? TakeLong(string word, IReadOnlyList<string> words, ref int next, IsolateDraft draft)
    {
        var equals = word.IndexOf('=');
        var name = equals < 0 ? word : word[..equals];
        var value = equals < 0 ? null : word[(equals + 1)..];
        if (Named(name, out var problem) is not { } option)
        {
            return problem;
        }

        if (option.IsSwitch)
        {
            return value is null ? option.Take(draft, "") : $"option '--{option.Name}' doesn't allow an argument";
        }

        if (value is null && !option.ValueMayBeMissing)
        {
            if (next == words.Count)
            {
                return $"option '--{option.Name}' requires an argument";
            }

            value = words[next++];
        }

        return option.Take(draft, value ?? "");
    }

    private static IsolateOption? Named(string name, out string problem)
    {
        problem = "";
        if (IsolateOptions.All.FirstOrDefault(option => option.Name == name) is { } exact)
        {
            return exact;
        }

        IsolateOption[] begun = name.Length == 0 ? [] : [.. IsolateOptions.All.Where(option => option.Name.StartsWith(name, StringComparison.Ordinal))];
        problem = begun.Length > 1
            ? $"option '--{name}' is ambiguous; possibilities:{string.Concat(begun.Select(static option => $" '--{option.Name}'"))}"
            : $"unrecognized option '--{name}'";
        return begun.Length == 1 ? begun[0] : null;
    }

    private static string? TakeLetters(string word, IReadOnlyList<string> words, ref int next, IsolateDraft draft)
    {
        for (var place = 1; place < word.Length; place++)
        {
            var letter = word[place];
            if (IsolateOptions.All.FirstOrDefault(option => option.Letter == letter) is not { } option || letter == '\0')
            {
                return $"invalid option -- '{letter}'";
            }

            if (option.IsSwitch)
            {
                if (option.Take(draft, "") is { } wrong)
                {
                    return wrong;
                }

                continue;
            }

            var value = word[(place + 1)..];
            if (value.Length == 0 && !option.ValueMayBeMissing)
            {
                if (next == words.Count)
                {
                    return $"option requires an argument -- '{letter}'";
                }

                value = words[next++];
            }

            return option.Take(draft, value);
        }

        return null;
    }
}
