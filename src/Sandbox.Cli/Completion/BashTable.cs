using System.Text;

namespace Sandbox.Cli.Completion;

/// <summary>What bash completes: two functions that set the variables of sandbox.bash.</summary>
internal static class BashTable
{
    public static string Text()
    {
        var text = new StringBuilder("# Sets what can follow the words of a command.\n_sandbox_table() {\n    case $1 in\n");
        foreach (var (name, commands) in CompletionScript.Levels())
        {
            text.Append($"        \"{name}\") commands=\"{string.Join(' ', commands.Select(command => command.Name))}\" ;;\n");
        }

        foreach (var command in CommandTable.All)
        {
            AppendOptions(text, command);
        }

        text.Append("    esac\n}\n\n# Sets what can be the value of an option, or an argument.\n_sandbox_kind() {\n    case $1 in\n");
        foreach (var command in CommandTable.All)
        {
            AppendKind(text, [command.Name], command.ArgumentKind);
            foreach (var option in command.AllOptions)
            {
                AppendKind(text, option.Spellings.Select(spelling => $"{command.Name} {spelling}"), option.Kind);
            }
        }

        return text.Append("    esac\n}\n").ToString();
    }

    private static void AppendOptions(StringBuilder text, Command command)
    {
        var switches = command.AllOptions.Where(option => option.IsSwitch).SelectMany(option => option.Spellings);
        var valued = command.AllOptions.Where(option => !option.IsSwitch).ToList();
        text.Append($"        \"{command.Name}\")\n            switches=\"{string.Join(' ', switches)}\"\n");
        if (valued.Count > 0)
        {
            text.Append($"            valued=\"{string.Join(' ', valued.SelectMany(option => option.Spellings))}\"\n");
        }

        text.Append("            ;;\n");
    }

    private static void AppendKind(StringBuilder text, IEnumerable<string> places, ValueKind kind)
    {
        List<string> settings = [];
        Add(settings, "words", string.Join(' ', kind.Words));
        Add(settings, "names", kind.Names);
        Add(settings, "start", kind.Start);
        Add(settings, "files", kind.Files == FileChoice.None ? "" : kind.Files.ToString());
        Add(settings, "topic", kind.IsTopic ? "yes" : "");
        Add(settings, "program", kind.IsProgram ? "yes" : "");
        if (settings.Count > 0)
        {
            text.Append($"        {string.Join(" | ", places.Select(place => $"\"{place}\""))}) {string.Join(' ', settings)} ;;\n");
        }
    }

    private static void Add(List<string> settings, string variable, string value)
    {
        if (value.Length > 0)
        {
            settings.Add($"{variable}=\"{value}\"");
        }
    }
}
