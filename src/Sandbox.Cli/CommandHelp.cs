using System.Text;

namespace Sandbox.Cli;

/// <summary>The help of all commands, made of their list.</summary>
internal static class CommandHelp
{
    // Where what an option does begins. A longer option has a line to itself.
    private const int Column = 30;

    // Of all that is filled; examples stay whole.
    private const int Width = 110;

    /// <summary>What <c>sandbox --help</c> says.</summary>
    public static string Overview()
    {
        var text = new StringBuilder("""
            Usage: sandbox COMMAND [ARGUMENT]...

            Runs programs that nobody trusts, each in a sandbox of its own, without root and without a daemon.

            Commands:

            """);
        AppendList(text, CommandTable.Groups.Select(group => (group.Name, group.Summary)));
        return text.Append("""

            First steps:
              sandbox doctor                    find out whether this machine can run jobs, and what to do if not
              sandbox run -- sh -c 'id; ls /'   run one command
              sandbox exec job.json             run a job file, and print its result as JSON

            "sandbox help COMMAND" describes a command, and "sandbox --version" prints the version.
            """).ToString();
    }

    /// <summary>What <c>--help</c> says behind a command, or behind the first word of several.</summary>
    public static string Of(string name) => CommandTable.WithName(name) is { } command ? Of(command) : OfGroup(name);

    /// <summary>How a command is written, in one line.</summary>
    public static string Usage(Command command) =>
        command.Name + (command.Options.Count > 0 || command.Sections is not null ? " [OPTIONS]" : "") + (command.Arguments.Length > 0 ? " " + command.Arguments : "");

    private static string Of(Command command)
    {
        var text = new StringBuilder($"Usage: sandbox {Usage(command)}\n\n{command.Summary}.\n");
        text.Append(command.Details.Length > 0 ? command.Details + "\n" : "");
        foreach (var group in command.OptionGroups)
        {
            text.Append('\n').Append(group.Title).Append(":\n");
            foreach (var option in group.Options)
            {
                Append(text, option);
            }
        }

        text.Append(command.Notes.Length > 0 ? "\n" + command.Notes + "\n" : "").Append("\nExit status:\n");
        AppendList(text, command.Statuses.Select(status => (status.Status, status.Meaning)));
        text.Append("\nExamples:\n").AppendJoin('\n', command.Examples.Select(example => "  " + example));
        return text.ToString();
    }

    private static string OfGroup(string group)
    {
        Command[] commands = [.. CommandTable.All.Where(command => command.Group == group)];
        var text = new StringBuilder($"Usage: sandbox {group} COMMAND [ARGUMENT]...\n\n{CommandTable.SummaryOf(group)}.\n\nCommands:\n");
        AppendList(text, commands.Select(command => (Usage(command), command.Summary)));
        text.Append("\nExamples:\n").AppendJoin('\n', commands.SelectMany(command => command.Examples.Take(1)).Select(example => "  " + example));
        return text.Append($"\n\n\"sandbox {group} COMMAND --help\" describes a command.").ToString();
    }

    private static void Append(StringBuilder text, CommandOption option)
    {
        var letter = option.Letter == '\0' ? "    " : $"-{option.Letter}, ";
        var names = $"  {letter}--{option.Name}{(option.Alias is null ? "" : ", --" + option.Alias)}{(option.Value is null ? "" : " " + option.Value)}";
        text.Append(names);
        var indent = "\n" + new string(' ', Column);
        text.Append(names.Length >= Column ? indent : new string(' ', Column - names.Length));
        text.AppendJoin(indent, Filled(option.Help)).Append('\n');
    }

    private static IEnumerable<string> Filled(string help)
    {
        var line = "";
        foreach (var word in help.Split(' '))
        {
            if (line.Length > 0 && Column + line.Length + word.Length >= Width)
            {
                yield return line;
                line = "";
            }

            line += (line.Length > 0 ? " " : "") + word;
        }

        yield return line;
    }

    private static void AppendList(StringBuilder text, IEnumerable<(string Name, string Text)> lines)
    {
        (string Name, string Text)[] all = [.. lines];
        var width = all.Max(line => line.Name.Length);
        foreach (var (name, line) in all)
        {
            text.Append("  ").Append(name.PadRight(width)).Append("  ").Append(line).Append('\n');
        }
    }
}
