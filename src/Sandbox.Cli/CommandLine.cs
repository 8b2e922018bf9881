using Sandbox.Cli.Isolate;
using Sandbox.Cli.Run;
using Sandbox.Cli.Running;

namespace Sandbox.Cli;

/// <summary>Finds the command that is meant, gives it its arguments, and answers where there is none.</summary>
internal static class CommandLine
{
    public static int Run(string[] arguments)
    {
        // What follows its options is the job's, and its mistakes have a status of their own.
        if (arguments is ["run", ..])
        {
            return RunCommand.Run(arguments[1..]);
        }

        if (arguments is [IsolateCommand.Word, ..])
        {
            return IsolateCommand.Run(arguments[1..]);
        }

        if (arguments is [DetachedStart.Word, ..])
        {
            return DetachedRun.Run(arguments[1..]);
        }

        if (arguments is [])
        {
            StandardStreams.WriteError(CommandHelp.Overview());
            return ExitStatus.Usage;
        }

        var (name, rest) = Split(arguments);
        if (name.Length == 0)
        {
            Diagnostics.Write(UnknownProblem(arguments[0]));
            return ExitStatus.Usage;
        }

        // Every other command is there to print something; what it does besides would be done without a trace. (exec has --result.)
        if (name != "exec" && StandardStreams.OutputProblem() is { } problem)
        {
            StandardStreams.LoseOutput(problem);
            return ExitStatus.Sandbox;
        }

        // What follows is the command line of another program, whatever it looks like.
        if (name == ServeCommand.Command.Name && rest is ["--" + ServeCommand.Explain, ..])
        {
            return ServeCommand.Become(name, rest);
        }

        var status = Run(name, rest);
        return StandardStreams.OutputFailed ? ExitStatus.Sandbox : status;
    }

    /// <summary>What to say of words that are no command.</summary>
    public static string UnknownProblem(string given)
    {
        var group = given.Split(' ')[0];
        string[] names = [.. given.Contains(' ') ? CommandTable.All.Where(command => command.Group == group).Select(command => command.Name) : CommandTable.Groups.Select(known => known.Name)];
        if (NearestName.Of(given, names) is { } meant)
        {
            return $"unknown command \"{given}\"; did you mean \"{meant}\"?";
        }

        return given == "-" || given.EndsWith(".json", StringComparison.Ordinal)
            ? $"\"{given}\" is no command; a job file is run by: sandbox exec {DisplayText.Quote(given)}"
            : given.StartsWith('-') ? $"unknown option {given}; \"sandbox help\" lists the commands; the options of a command follow its name"
            : given.Contains(' ') ? $"unknown command \"{given}\"; \"sandbox help {group}\" lists them"
            : $"unknown command \"{given}\"; \"sandbox help\" lists them, and a program is run by: sandbox run -- {DisplayText.Quote(given)}";
    }

    // The name of the command, or of the group of some, and what follows it; an empty name for nothing that is known.
    private static (string Name, string[] Arguments) Split(string[] arguments)
    {
        var first = arguments[0] switch
        {
            "--version" => "version",
            "--help" or "-h" => "help",
            var word => word,
        };
        if (first == ExecCommand.Command.Name)
        {
            return (first, arguments[1..]);
        }

        if (arguments.Length > 1 && CommandTable.WithName($"{first} {arguments[1]}") is { } command)
        {
            return (command.Name, arguments[2..]);
        }

        return CommandTable.HasGroup(first) ? (first, arguments[1..]) : ("", arguments);
    }

    private static int Run(string name, string[] rest)
    {
        if (CommandTable.WithName(name) is not { } command)
        {
            return AnswerGroup(name, rest);
        }

        if (CommandArguments.AskForHelp(rest))
        {
            StandardStreams.WriteOutput(CommandHelp.Of(name));
            return ExitStatus.Ok;
        }

        if (CommandArguments.Parse(command, rest, out var parsed) is { } problem)
        {
            Diagnostics.Write($"{name}: {problem}");
            return ExitStatus.Usage;
        }

        return LastResort.Run(() => command.Run(parsed));
    }

    private static int AnswerGroup(string group, string[] rest)
    {
        if (rest is ["--help" or "-h", ..])
        {
            StandardStreams.WriteOutput(CommandHelp.Of(group));
            return ExitStatus.Ok;
        }

        if (rest.Length == 0)
        {
            StandardStreams.WriteError(CommandHelp.Of(group));
            return ExitStatus.Usage;
        }

        Diagnostics.Write(UnknownProblem($"{group} {rest[0]}"));
        return ExitStatus.Usage;
    }
}
