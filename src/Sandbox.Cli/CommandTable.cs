using Sandbox.Cli.Run;

namespace Sandbox.Cli;

/// <summary>Every command, in the order of the help.</summary>
internal static class CommandTable
{
    public static IReadOnlyList<Command> All { get; } =
    [
        RunCommand.Command,
        ExecCommand.Command,
        PlanCommand.Command,
        DoctorCommand.Command,
        .. ImageCommands.All,
        .. StoreCommands.All,
        .. PolicyCommands.All,
        SchemaCommand.Command,
        CompletionCommand.Command,
        HelpCommand.Command,
        VersionCommand.Command,
    ];

    /// <summary>Every first word, with what it is for.</summary>
    public static IReadOnlyList<(string Name, string Summary)> Groups =>
        [.. All.GroupBy(command => command.Group).Select(group => (group.Key, SummaryOf(group.Key, group.First())))];

    /// <summary>It is the first word of a command.</summary>
    public static bool HasGroup(string name) => All.Any(command => command.Group == name);

    /// <summary>The command of these words; null if there is none.</summary>
    public static Command? WithName(string name) => All.FirstOrDefault(command => command.Name == name);

    private static string SummaryOf(string group, Command first) => group switch
    {
        "image" => "Import, list and remove container images, which jobs can have as their root",
        "store" => "Put in, list and remove files that jobs name by their SHA-256",
        "policy" => "List, show and check seccomp policies",
        _ => first.Summary,
    };
}
