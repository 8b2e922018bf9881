using System.Text;

namespace Sandbox.Cli.Completion;

/// <summary>What zsh completes: a function that sets the arrays of sandbox.zsh, those of options in the form of <c>_arguments</c>.</summary>
internal static class ZshTable
{
    public static string Text()
    {
        var text = new StringBuilder("# Sets the commands that can follow the words of one, or what can follow those of a whole one.\n_sandbox_table() {\n    case $1 in\n");
        foreach (var (name, commands) in CompletionScript.Levels())
        {
            text.Append($"    \"{name}\")\n        commands=(\n");
            foreach (var (command, summary) in commands)
            {
                text.Append($"            {CompletionScript.Quote(command + ":" + summary)}\n");
            }

            text.Append("        )\n        ;;\n");
        }

        foreach (var command in CommandTable.All)
        {
            text.Append($"    \"{command.Name}\")\n        specs=(\n");
            foreach (var option in command.AllOptions)
            {
                AppendOption(text, option);
            }

            AppendArgument(text, command);
            text.Append("        )\n        ;;\n");
        }

        return text.Append("    esac\n}\n").ToString();
    }

    // Every spelling is a specification of its own. A switch is said once, by whichever of its names; of values the last counts, or all do.
    private static void AppendOption(StringBuilder text, CommandOption option)
    {
        var once = option.IsSwitch ? $"({string.Join(' ', option.Spellings)})" : "*";
        foreach (var spelling in option.Spellings)
        {
            var joined = option.IsSwitch ? "" : spelling.StartsWith("--", StringComparison.Ordinal) ? "=" : "+";
            var value = option.IsSwitch ? "" : $":{Escape(option.Value!, ":")}:{Action(option.Kind)}";
            text.Append($"            {CompletionScript.Quote($"{once}{spelling}{joined}[{Escape(option.Help, "[]")}]{value}")}\n");
        }
    }

    private static void AppendArgument(StringBuilder text, Command command)
    {
        if (command.ArgumentKind.IsProgram)
        {
            // Options end where the program begins; its own words are completed as they are without sandbox.
            text.Append("            '(-):command:_command_names -e'\n            '*::arguments:_normal'\n");
        }
        else if (command.Most > 0)
        {
            text.Append($"            {CompletionScript.Quote($"{(command.Most == 1 ? "1" : "*")}:{Escape(command.Arguments, ":")}:{Action(command.ArgumentKind)}")}\n");
        }
    }

    // Behind a space a function is called with these words and nothing before them (zshcompsys(1), _arguments).
    private static string Action(ValueKind kind) =>
        kind.IsTopic ? " _sandbox_topics"
        : kind is { Words: [], Names: "", Files: FileChoice.None } ? " "
        : $" _sandbox_offer \"{string.Join(' ', kind.Words)}\" \"{kind.Names}\" {kind.Files} \"{kind.Start}\"";

    private static string Escape(string text, string marks) =>
        marks.Aggregate(text.Replace("\\", "\\\\", StringComparison.Ordinal), (escaped, mark) => escaped.Replace($"{mark}", $"\\{mark}", StringComparison.Ordinal));
}
