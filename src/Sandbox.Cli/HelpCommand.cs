namespace Sandbox.Cli;

/// <summary><c>sandbox help</c>.</summary>
internal static class HelpCommand
{
    public static Command Command { get; } = new()
    {
        Name = "help",
        Arguments = "[COMMAND]",
        ArgumentKind = ValueKind.Topic,
        Most = 2,
        Summary = "Show what a command does and how it is written",
        Examples = ["sandbox help run", "sandbox help image import"],
        Run = arguments => Show(string.Join(' ', arguments.Words)),
    };

    private static int Show(string name)
    {
        if (name.Length > 0 && CommandTable.WithName(name) is null && !CommandTable.HasGroup(name))
        {
            Diagnostics.Write(CommandLine.UnknownProblem(name));
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(name.Length == 0 ? CommandHelp.Overview() : CommandHelp.Of(name));
        return ExitStatus.Ok;
    }
}
