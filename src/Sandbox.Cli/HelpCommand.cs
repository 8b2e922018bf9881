using Sandbox.Cli.Manual;
using Sandbox.Text;

namespace Sandbox.Cli;

/// <summary><c>sandbox help</c>, and the manual pages.</summary>
internal static class HelpCommand
{
    public static Command Command { get; } = new()
    {
        Name = "help",
        Arguments = "[COMMAND]",
        ArgumentKind = ValueKind.Topic,
        Most = 2,
        Summary = "Show what a command does and how it is written",
        Options =
        [
            new() { Name = "man", Help = "print the manual page instead; that of \"job\" is about job files" },
            new() { Name = "write-man", Value = "DIRECTORY", Kind = ValueKind.Directory, Help = "write all manual pages below DIRECTORY, such as ~/.local/share/man" },
        ],
        Examples = ["sandbox help run", "sandbox help image import", "sandbox help --man run | man -l -", "sandbox help --write-man ~/.local/share/man"],
        Run = Show,
    };

    private static int Show(CommandArguments arguments)
    {
        if (arguments.Value("write-man") is { } directory)
        {
            return WriteAll(directory);
        }

        var name = string.Join(' ', arguments.Words);
        if (arguments.Has("man") && ManualPage.About(name) is { } page)
        {
            StandardStreams.WriteOutput(page.Text().TrimEnd('\n'));
            return ExitStatus.Ok;
        }

        if (name.Length > 0 && CommandTable.WithName(name) is null && !CommandTable.HasGroup(name))
        {
            Diagnostics.Write(CommandLine.UnknownProblem(name));
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(name.Length == 0 ? CommandHelp.Overview() : CommandHelp.Of(name));
        return ExitStatus.Ok;
    }

    private static int WriteAll(string directory)
    {
        if (directory.Length == 0)
        {
            Diagnostics.Write("help: --write-man needs the name of a directory");
            return ExitStatus.Usage;
        }

        try
        {
            foreach (var page in ManualPage.All)
            {
                var file = Path.Combine(directory, page.File);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.WriteAllText(file, page.Text());
            }

            return ExitStatus.Ok;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Diagnostics.Write($"cannot write manual pages below {DisplayText.Quote(directory)}: {Diagnostics.Reason(failure)}");
            return ExitStatus.Sandbox;
        }
    }
}
