using ConsoleAppFramework;
using Sandbox.Cli.Run;
using Sandbox.Jobs;

namespace Sandbox.Cli;

/// <summary>
/// The commands, and around the framework what it leaves out: exit status 2 for bad usage, help of a
/// mistake on standard error, <c>--option=value</c>, and <c>--</c> before a file that starts with a dash.
/// </summary>
internal static class CommandLine
{
    /// <summary>Every command's first word; the completion scripts name the same ones.</summary>
    public static readonly string[] Commands = ["exec", "run", "plan", "doctor", "schema", "policy", "image", "store", "completion"];

    private static bool s_misused;

    public static int Run(string[] arguments)
    {
        // Its arguments are not for the framework, which would take the job's for its own.
        if (arguments is ["run", ..])
        {
            return RunCommand.Run(arguments[1..]);
        }

        if (arguments is [var command, ..] && !command.StartsWith('-') && Array.IndexOf(Commands, command) < 0)
        {
            return UnknownCommand(command);
        }

        // Every other command is there to print something; what it does besides would be done without a trace. (exec has --result.)
        if (arguments is not ["exec", ..] && StandardStreams.OutputProblem() is { } problem)
        {
            StandardStreams.LoseOutput(problem);
            return ExitStatus.Sandbox;
        }

        if (arguments is ["--version"])
        {
            StandardStreams.WriteOutput("sandbox " + ProductVersion.Text);
            return StandardStreams.OutputFailed ? ExitStatus.Sandbox : ExitStatus.Ok;
        }

        var asked = IsHelpAsked(arguments);
        ConsoleApp.Log = text => WriteHelp(text, asked);
        ConsoleApp.LogError = Misused;
        s_misused = false;
        Environment.ExitCode = asked ? ExitStatus.Ok : ExitStatus.Usage;
        CreateApp().Run(Normalise(arguments));
        if (s_misused)
        {
            return ExitStatus.Usage;
        }

        return StandardStreams.OutputFailed ? ExitStatus.Sandbox : Environment.ExitCode;
    }

    /// <summary>The arguments as the framework understands them.</summary>
    internal static string[] Normalise(string[] arguments)
    {
        var normalised = new List<string>(arguments.Length + 1);
        var literal = false;
        foreach (var argument in arguments)
        {
            var equals = argument.IndexOf('=');
            if (!literal && argument == "--")
            {
                literal = true;
            }
            else if (literal && argument.Length > 1 && argument[0] == '-')
            {
                normalised.Add("./" + argument);
            }
            else if (!literal && equals > 2 && argument.StartsWith("--", StringComparison.Ordinal))
            {
                normalised.Add(argument[..equals]);
                normalised.Add(argument[(equals + 1)..]);
            }
            else
            {
                normalised.Add(argument);
            }
        }

        return [.. normalised];
    }

    private static ConsoleApp.ConsoleAppBuilder CreateApp()
    {
        var app = ConsoleApp.Create();
        app.Add("exec", ExecCommand.Run);
        app.Add("run", RunCommand.Run);
        app.Add("plan", PlanCommand.Run);
        app.Add("doctor", DoctorCommand.Run);
        app.Add("schema", SchemaCommand.Run);
        app.Add("policy list", PolicyCommands.List);
        app.Add("policy show", PolicyCommands.Show);
        app.Add("policy check", PolicyCommands.Check);
        app.Add("image import", ImageCommands.Import);
        app.Add("image ls", ImageCommands.List);
        app.Add("image rm", ImageCommands.Remove);
        app.Add("image gc", ImageCommands.Collect);
        app.Add("store put", StoreCommands.Put);
        app.Add("store ls", StoreCommands.List);
        app.Add("store gc", StoreCommands.Collect);
        app.Add("store rm", StoreCommands.Remove);
        app.Add("store verify", StoreCommands.Verify);
        app.Add("completion", CompletionCommand.Run);
        return app;
    }

    private static int UnknownCommand(string command)
    {
        var meant = Suggestions.For(command, Commands);
        Diagnostics.Write($"unknown command \"{command}\"" +
            (meant is null ? "; \"sandbox --help\" lists them" : $"; did you mean \"{meant}\"?"));
        return ExitStatus.Usage;
    }

    private static bool IsHelpAsked(string[] arguments)
    {
        foreach (var argument in arguments)
        {
            if (argument == "--")
            {
                return false;
            }

            if (argument is "--help" or "-h" or "--version")
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteHelp(string text, bool asked)
    {
        var help = text.Replace("Usage: ", "Usage: sandbox ", StringComparison.Ordinal);
        if (asked)
        {
            StandardStreams.WriteOutput(help);
            return;
        }

        StandardStreams.WriteError(help);
    }

    private static void Misused(string message)
    {
        s_misused = true;
        Diagnostics.Write(message);
    }
}
