namespace Sandbox.Cli.Manual;

/// <summary>The pages of section 1, made of <see cref="CommandTable"/>.</summary>
internal static class CommandPages
{
    // What the documents tell in full, and whoever reads a manual looks for in it.
    private static readonly (string Name, string Text)[] s_environment =
    [
        ("SANDBOX_CGROUP", "The same as --cgroup, where that is not given."),
        ("SANDBOX_STORE", "The directory of images and stored files. Default: sandbox below XDG_DATA_HOME or ~/.local/share; of root /var/lib/sandbox."),
        ("SANDBOX_STORE_SIZE", "The maximum size of the stored files. Default: 10GiB."),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "Where traces and metrics of jobs are sent, with the other variables of OpenTelemetry. Default: nowhere."),
    ];

    /// <summary>sandbox(1).</summary>
    public static void WriteOverview(Roff page)
    {
        page.Name("sandbox", "run untrusted programs, each in a sandbox of its own");
        page.Section("SYNOPSIS");
        page.Synopsis("sandbox", "COMMAND [ARGUMENT]...");
        page.Section("DESCRIPTION");
        page.Paragraph("Runs programs that nobody trusts, each in a sandbox of its own, without root and without a daemon.");
        page.Section("COMMANDS");
        foreach (var (name, summary) in CommandTable.Groups)
        {
            page.Term(name, "", $"{summary}. See sandbox-{name}(1).");
        }

        page.Section("ENVIRONMENT");
        foreach (var (name, text) in s_environment)
        {
            page.Term(name, "", text);
        }

        page.Section("EXAMPLES");
        page.Verbatim(["sandbox doctor", "sandbox run -- sh -c 'id; ls /'", "sandbox exec job.json"]);
    }

    /// <summary>The page of the commands that begin with a word.</summary>
    public static void Write(Roff page, string group)
    {
        Command[] commands = [.. CommandTable.All.Where(command => command.Group == group)];
        page.Name("sandbox-" + group, Lower(CommandTable.SummaryOf(group)));
        page.Section("SYNOPSIS");
        foreach (var command in commands)
        {
            page.Synopsis("sandbox " + command.Name, CommandHelp.Usage(command)[command.Name.Length..].TrimStart());
        }

        if (commands is [var only] && only.Name == group)
        {
            page.Section("DESCRIPTION");
            page.Paragraph(Description(only));
            page.Section("OPTIONS");
            WriteOptions(page, only);
        }
        else
        {
            page.Section("COMMANDS");
            Array.ForEach(commands, command => WriteOne(page, command));
        }

        WriteEnd(page, commands);
    }

    private static void WriteOne(Roff page, Command command)
    {
        page.Subsection("sandbox " + CommandHelp.Usage(command));
        page.Paragraph(Description(command));
        foreach (var option in command.Options)
        {
            Write(page, option);
        }
    }

    private static void WriteOptions(Roff page, Command command)
    {
        foreach (var group in command.OptionGroups)
        {
            if (command.OptionGroups.Count > 1)
            {
                page.Subsection(group.Title);
            }

            foreach (var option in group.Options)
            {
                Write(page, option);
            }
        }

        if (command.Notes.Length > 0)
        {
            page.Subsection("Values");
            page.Paragraph(command.Notes);
        }
    }

    private static void Write(Roff page, CommandOption option) =>
        page.Term(string.Join(", ", option.Spellings), option.Value ?? "", Sentence(option.Help));

    // All commands of a word have the same ones, or it is a word of one command.
    private static void WriteEnd(Roff page, Command[] commands)
    {
        page.Section("EXIT STATUS");
        foreach (var status in commands.SelectMany(command => command.Statuses).Distinct())
        {
            page.Term(status.Status, "", Sentence(status.Meaning));
        }

        page.Section("EXAMPLES");
        page.Verbatim(commands.SelectMany(command => command.Examples));
    }

    private static string Description(Command command) =>
        $"{command.Summary}.{(command.Details.Length > 0 ? "\n" + command.Details : "")}";

    private static string Sentence(string help) => char.ToUpperInvariant(help[0]) + help[1..] + ".";

    private static string Lower(string summary) => char.ToLowerInvariant(summary[0]) + summary[1..];
}
