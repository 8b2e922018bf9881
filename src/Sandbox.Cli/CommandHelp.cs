using System.Text;
using Sandbox.Cli.Run;

namespace Sandbox.Cli;

/// <summary>The help of all commands, made of their list.</summary>
internal static class CommandHelp
{
    private const string Help = "-h, --help";

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
              sandbox doctor                    can this machine run jobs, and if not, what is to be done?
              sandbox run -- sh -c 'id; ls /'   run one command
              sandbox exec job.json             run a job file, and print its result as JSON

            "sandbox help COMMAND" tells more, "sandbox --version" the version.
            """).ToString();
    }

    /// <summary>What <c>--help</c> says behind a command, or behind the first word of some.</summary>
    public static string Of(string name) => name switch
    {
        "run" => RunHelp.Text(),
        _ when CommandTable.WithName(name) is { } command => Of(command),
        _ => OfGroup(name),
    };

    /// <summary>How a command is written, in one line.</summary>
    public static string Usage(Command command) =>
        command.Name + (command.Options.Count > 0 ? " [OPTIONS]" : "") + (command.Arguments.Length > 0 ? " " + command.Arguments : "");

    private static string Of(Command command)
    {
        var text = new StringBuilder($"Usage: sandbox {Usage(command)}\n\n{command.Summary}.\n");
        text.Append(command.Details.Length > 0 ? command.Details + "\n" : "").Append("\nOptions:\n");
        AppendList(text, [.. command.Options.Select(option => (Spelling(option), option.Help)), (Help, "show this help")]);
        if (command.Examples.Count > 0)
        {
            text.Append("\nExamples:\n").AppendJoin('\n', command.Examples.Select(example => "  " + example)).Append('\n');
        }

        return text.ToString().TrimEnd('\n');
    }

    private static string OfGroup(string group)
    {
        Command[] commands = [.. CommandTable.All.Where(command => command.Group == group)];
        var text = new StringBuilder($"Usage: sandbox {group} COMMAND [ARGUMENT]...\n\n{CommandTable.Groups.First(known => known.Name == group).Summary}.\n\nCommands:\n");
        AppendList(text, commands.Select(command => (Usage(command), command.Summary)));
        text.Append($"\nExamples:\n").AppendJoin('\n', commands.SelectMany(command => command.Examples.Take(1)).Select(example => "  " + example));
        return text.Append($"\n\n\"sandbox {group} COMMAND --help\" tells more.").ToString();
    }

    private static string Spelling(CommandOption option) => $"    --{option.Name}{(option.Value is null ? "" : " " + option.Value)}";

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
