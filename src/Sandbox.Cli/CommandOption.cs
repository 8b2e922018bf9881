namespace Sandbox.Cli;

/// <summary>An option as it is written and as it is told of. Parser, help, completions and manual pages read it.</summary>
internal record CommandOption
{
    /// <summary>What every command has.</summary>
    public static CommandOption ShowHelp { get; } = new() { Name = "help", Letter = 'h', Help = "show this help" };

    /// <summary>What a command has that prints a table for people.</summary>
    public static CommandOption Json { get; } = new() { Name = "json", Help = "print JSON" };

    /// <summary>Where jobs get their control groups.</summary>
    public static CommandOption Cgroup { get; } = new()
    {
        Name = "cgroup",
        Value = "DIRECTORIES",
        Kind = ValueKind.Directory with { Words = ["none"] },
        Help = "control group directories to use, separated by colons, or none; by default the best that can be found",
    };

    /// <summary>Whole cores for one job at a time.</summary>
    public static CommandOption LeaseCores { get; } = new()
    {
        Name = "lease-cores",
        Value = "LIST",
        Help = "processors, such as 2-7, whose whole cores jobs lease: each gets as many as it has cpus, and shares them with no other",
    };

    /// <summary>Who runs the jobs.</summary>
    public static CommandOption Server { get; } = new()
    {
        Name = "server",
        Value = "PATH",
        Kind = ValueKind.FileOr("none"),
        Help = "let the job host that listens on this socket run the job, or none; by default $SANDBOX_SERVER, else $XDG_RUNTIME_DIR/sandbox.sock",
    };

    /// <summary>The long name, without dashes.</summary>
    public required string Name { get; init; }

    /// <summary>The one-letter name; NUL for none.</summary>
    public char Letter { get; init; }

    /// <summary>Another long name, or null.</summary>
    public string? Alias { get; init; }

    /// <summary>What the help calls the value; null for a switch, which has none.</summary>
    public string? Value { get; init; }

    /// <summary>What the value may be.</summary>
    public ValueKind Kind { get; init; } = ValueKind.Any;

    /// <summary>What it does, in one sentence without a full stop.</summary>
    public required string Help { get; init; }

    /// <summary>It takes no value.</summary>
    public bool IsSwitch => Value is null;

    /// <summary>All its names with their dashes, the letter first.</summary>
    public IEnumerable<string> Spellings
    {
        get
        {
            if (Letter != '\0')
            {
                yield return $"-{Letter}";
            }

            yield return "--" + Name;
            if (Alias is not null)
            {
                yield return "--" + Alias;
            }
        }
    }
}

/// <summary>Options under one heading.</summary>
internal sealed record OptionGroup(string Title, IReadOnlyList<CommandOption> Options);
