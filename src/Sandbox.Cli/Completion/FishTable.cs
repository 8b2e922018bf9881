using System.Text;

namespace Sandbox.Cli.Completion;

/// <summary>What fish completes: calls of its <c>complete</c>, under the conditions of sandbox.fish.</summary>
internal static class FishTable
{
    public static string Text()
    {
        var text = new StringBuilder();
        foreach (var (name, commands) in CompletionScript.Levels())
        {
            foreach (var (command, summary) in commands)
            {
                AppendLine(text, $"__sandbox_at {name}".TrimEnd(), $"-a {command} -d {Quote(summary)}");
            }
        }

        foreach (var command in CommandTable.All)
        {
            var condition = command.ArgumentKind.IsProgram ? $"__sandbox_before_program {command.Name}" : $"__sandbox_in {command.Name}";
            foreach (var option in command.AllOptions)
            {
                AppendOption(text, condition, option);
            }

            AppendArgument(text, condition, command);
        }

        return text.ToString();
    }

    private static void AppendOption(StringBuilder text, string condition, CommandOption option)
    {
        var names = string.Join(' ', option.Spellings.Select(spelling => spelling.StartsWith("--", StringComparison.Ordinal) ? "-l " + spelling[2..] : "-s " + spelling[1..]));
        AppendLine(text, condition, $"{names}{(option.IsSwitch ? "" : Values(option.Kind, "-x", "-r -F"))} -d {Quote(option.Help)}");
    }

    private static void AppendArgument(StringBuilder text, string condition, Command command)
    {
        if (command.ArgumentKind.IsProgram)
        {
            // Commands come line by line; a name with a slash is a file, which fish offers whole.
            var valued = command.AllOptions.Where(option => !option.IsSwitch).SelectMany(option => option.Spellings);
            text.Append($"set -g __sandbox_valued {string.Join(' ', valued)}\n");
            AppendLine(text, $"__sandbox_in {command.Name}", "-F");
            AppendLine(text, condition + "; and not string match -q \"*/*\" -- (commandline -ct)", "-a '(__fish_complete_command)'");
        }
        else if (command.Most > 0 && Values(command.ArgumentKind, "", "-F").Trim() is { Length: > 0 } values)
        {
            AppendLine(text, condition, values);
        }
    }

    private static string Values(ValueKind kind, string withoutFiles, string withFiles)
    {
        List<string> sources = [.. kind.Words];
        Add(sources, kind.Names.Length > 0, $"(__sandbox_names {kind.Names})");
        Add(sources, kind.IsTopic, "(__sandbox_topics)");
        Add(sources, kind.Files == FileChoice.Json, "(__fish_complete_suffix .json)");
        Add(sources, kind.Files == FileChoice.Directories, "(__fish_complete_directories (commandline -ct))");

        // The two functions list files by themselves; the shell's own list would have the others too.
        var files = kind.Files == FileChoice.Any ? withFiles : withoutFiles;
        var order = kind.Files == FileChoice.Json ? " -k" : "";
        return (files.Length > 0 ? " " + files : "") + (sources.Count > 0 ? $"{order} -a {Quote(string.Join(' ', sources))}" : "");
    }

    private static void Add(List<string> sources, bool applies, string source)
    {
        if (applies)
        {
            sources.Add(source);
        }
    }

    private static void AppendLine(StringBuilder text, string condition, string what) =>
        text.Append($"complete -c sandbox -n {Quote(condition)} {what}\n");

    private static string Quote(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
