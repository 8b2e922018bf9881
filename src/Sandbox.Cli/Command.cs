namespace Sandbox.Cli;

/// <summary>One command: how it is written, what its help says, and what it does. Parser, help and the tests of completion read the same list.</summary>
internal sealed record Command
{
    /// <summary>Its words, such as <c>image import</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What follows the options, as the usage shows it; empty for nothing.</summary>
    public string Arguments { get; init; } = "";

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

    /// <summary>Whole command lines.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>Does it and returns the exit status.</summary>
    public required Func<CommandArguments, int> Run { get; init; }

    /// <summary>The first of its words.</summary>
    public string Group => Name.Split(' ')[0];

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
}

/// <summary>An option of a command.</summary>
/// <param name="Name">The name, without dashes.</param>
/// <param name="Value">What the help calls the value; null for a switch, which has none.</param>
/// <param name="Help">What it does.</param>
internal sealed record CommandOption(string Name, string? Value, string Help);
