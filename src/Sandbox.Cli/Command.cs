namespace Sandbox.Cli;

/// <summary>One command: how it is written, what its help says, and what it does. Parser, help, completions and manual pages read the same list.</summary>
internal sealed record Command
{
    /// <summary>Its words, such as <c>image import</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What follows the options, as the usage shows it; empty for nothing.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>What each of the arguments may be.</summary>
    public ValueKind ArgumentKind { get; init; } = ValueKind.Any;

    /// <summary>How many words must follow the options.</summary>
    public int Fewest { get; init; }

    /// <summary>How many words may.</summary>
    public int Most { get; init; }

    /// <summary>What is asked of somebody who gave too few, such as <c>which file?</c></summary>
    public string Question { get; init; } = "";

    /// <summary>What it does, in one line of a list.</summary>
    public required string Summary { get; init; }

    /// <summary>What else is to be known, in lines; empty for nothing.</summary>
    public string Details { get; init; } = "";

    /// <summary>All but <c>--help</c>, which every command has.</summary>
    public IReadOnlyList<CommandOption> Options { get; init; } = [];

    /// <summary>The options where there are so many that they stand under headings, <c>--help</c> among them; made when they are asked for.</summary>
    public Func<IReadOnlyList<OptionGroup>>? Sections { get; init; }

    /// <summary>What the help says below the options, in lines; empty for nothing.</summary>
    public string Notes { get; init; } = "";

    /// <summary>What its exit status tells.</summary>
    public IReadOnlyList<StatusMeaning> Statuses { get; init; } = StatusMeaning.Usual;

    /// <summary>Whole command lines.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>Does it and returns the exit status.</summary>
    public required Func<CommandArguments, int> Run { get; init; }

    /// <summary>The first of its words.</summary>
    public string Group => Name.Split(' ')[0];

    /// <summary>All options as the help lists them.</summary>
    public IReadOnlyList<OptionGroup> OptionGroups => Sections?.Invoke() ?? [new("Options", [.. Options, CommandOption.ShowHelp])];

    /// <summary>All options, <c>--help</c> among them.</summary>
    public IEnumerable<CommandOption> AllOptions => OptionGroups.SelectMany(group => group.Options);

    /// <summary>The option that is written so; null if there is none.</summary>
    public CommandOption? OptionOf(string name)
    {
        foreach (var option in Options)
        {
            if (option.Name == name)
            {
                return option;
            }
        }

        return null;
    }

    /// <summary>The option of this letter; null if there is none.</summary>
    public CommandOption? OptionOf(char letter) => Options.FirstOrDefault(option => option.Letter == letter);
}

/// <summary>What an exit status means.</summary>
internal sealed record StatusMeaning(string Status, string Meaning)
{
    /// <summary>That of most commands.</summary>
    public static IReadOnlyList<StatusMeaning> Usual { get; } =
    [
        new("0", "it was done"),
        new("2", "the usage is wrong, or what was named is not there or not valid"),
        new("3", "the machine refused it"),
    ];
}
