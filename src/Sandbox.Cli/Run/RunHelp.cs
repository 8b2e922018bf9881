using System.Text;

namespace Sandbox.Cli.Run;

/// <summary>The help of <c>sandbox run</c>, made of the list of options.</summary>
internal static class RunHelp
{
    private const int Column = 30;

    public static string Text()
    {
        var text = new StringBuilder("""
            Usage: sandbox run [OPTIONS] [--] COMMAND [ARGUMENT]...

            Run one command in a sandbox, its output passed on and its exit status mirrored.
            Everything from the first word that is no option on is the command's.

            """);
        foreach (var group in RunOptions.Groups)
        {
            text.Append('\n').Append(group.Title).Append(":\n");
            foreach (var option in group.Options)
            {
                Append(text, option);
            }
        }

        return text.Append("""

            Sizes are 64MiB, 64m (the same) or bytes; times are 2s, 1500ms or 2m; "none" lifts a limit.
            Exit status: the job's own; 128+N for signal N; 124 a limit ended it; 125 the sandbox failed or was
            used wrongly; 126 the command cannot be executed; 127 there is no such command.
            """).ToString();
    }

    private static void Append(StringBuilder text, RunOption option)
    {
        var letter = option.Letter == '\0' ? "    " : $"-{option.Letter}, ";
        var names = $"  {letter}--{option.Name}{(option.Value is null ? "" : " " + option.Value)}";
        text.Append(names);
        if (names.Length >= Column)
        {
            text.Append('\n').Append(' ', Column);
        }
        else
        {
            text.Append(' ', Column - names.Length);
        }

        text.Append(option.Help).Append('\n');
    }
}
