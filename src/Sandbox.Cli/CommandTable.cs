using Sandbox.Cli.Batch;
using Sandbox.Cli.Isolate;
using Sandbox.Cli.Run;
using Sandbox.Cli.Running;

namespace Sandbox.Cli;

/// <summary>Every command, in the order of the help.</summary>
internal static class CommandTable
{
    public static IReadOnlyList<Command> All { get; } =
    [
        RunCommand.Command,
        ExecCommand.Command,
        BatchCommand.Command,
        IsolateCommand.Command,
        PlanCommand.Command,
        ServeCommand.Command,
        RuntimesCommand.Command,
        .. RunningCommands.All,
        DoctorCommand.Command,
        .. ImageCommands.All,
        .. StoreCommands.All,
        .. VolumeCommands.All,
        .. NetworkCommands.All,
        .. PolicyCommands.All,
        SchemaCommand.Command,
        CompletionCommand.Command,
        HelpCommand.Command,
        VersionCommand.Command,
    ];

    /// <summary>Every first word, with what it is for.</summary>
    public static IReadOnlyList<(string Name, string Summary)> Groups =>
        [.. All.Select(command => command.Group).Distinct().Select(group => (group, SummaryOf(group)))];

    /// <summary>It is the first word of a command.</summary>
    public static bool HasGroup(string name) => All.Any(command => command.Group == name);

    /// <summary>The command of these words; null if there is none.</summary>
    /// <remarks>To find the one that has to be quick does not make all the others.</remarks>
    public static Command? WithName(string name) =>
        name == ExecCommand.Command.Name ? ExecCommand.Command : All.FirstOrDefault(command => command.Name == name);

    /// <summary>The commands that begin with this word and have another one; none where the word is a command.</summary>
    public static IEnumerable<Command> Within(string group) => All.Where(command => command.Group == group && command.Name != group);

    /// <summary>What the commands of this first word are for.</summary>
    public static string SummaryOf(string group) => group switch
    {
        "runtimes" => "Find the languages that jobs can be written in",
        "image" => "Import, list and remove container images, which jobs can have as their root",
        "store" => "Add, list and remove files that jobs name by their SHA-256",
        "volume" => "Make, list and remove directories that jobs name, and that stay for the next job",
        "network" => "Make, list and remove networks that jobs join",
        "generate" => "Print what other programs need to run a sandbox",
        "policy" => "List, show and check seccomp policies",
        _ => WithName(group)!.Summary,
    };
}
