using System.Buffers;
using Sandbox.Cli.Running;

namespace Sandbox.Cli.Run;

/// <summary><c>sandbox run</c>: a job written as options, for people and build steps.</summary>
internal static class RunCommand
{
    /// <summary>For the list of commands; its arguments are taken apart by rules of their own.</summary>
    public static Command Command { get; } = new()
    {
        Name = "run",
        Arguments = "[--] COMMAND [ARGUMENT]...",
        ArgumentKind = ValueKind.Program,
        Summary = "Run one command in a sandbox, described by options like those of docker run",
        Details = """
            The command's output is relayed byte for byte, and its exit status is mirrored. The first word that is not an option is the
            command, and everything after it belongs to the command.
            """,
        Sections = static () => RunOptions.Groups,
        Notes = """
            A SIZE is written 64MiB, 64m (the same) or in bytes, a TIME 2s, 1500ms or 2m; "none" lifts a limit. A value follows its option
            as the next word or after "=".
            """,
        Statuses =
        [
            new("N", "the job's own exit status"),
            new("128+N", "the job was ended by signal N"),
            new("124", "a limit ended the job"),
            new("125", "the sandbox failed or was used wrongly, or an output was not collected"),
            new("126", "the command cannot be executed"),
            new("127", "the command was not found in the sandbox"),
        ],
        Examples =
        [
            "sandbox run -- sh -c 'id; ls /'",
            "sandbox run -v .:/work:overlay -- make test      # in a view of this directory, which does not change",
            "sandbox run --image python:3.12 -v .:/src -w /src -- python3 -m unittest",
            "sandbox run -d --name web -- python3 -m http.server",
            "sandbox run --job -m 1g make > job.json          # the same as a file for \"sandbox exec\"",
        ],
        Run = arguments => Run([.. arguments.Words]),
    };

    /// <summary>Runs the command.</summary>
    /// <param name="arguments">Options, and the command.</param>
    public static int Run(string[] arguments)
    {
        if (Array.Exists(arguments, argument => ProcessText.IsDamaged(argument, "/proc/self/cmdline")))
        {
            Diagnostics.Write("an argument is not valid UTF-8, and everything that a job is given must be");
            return RunStatus.Sandbox;
        }

        var given = RunArguments.Parse(arguments);
        if (given.Options.Any(option => option.Option.Name == "help"))
        {
            StandardStreams.WriteOutput(CommandHelp.Of("run"));
            return StandardStreams.OutputFailed ? RunStatus.Sandbox : ExitStatus.Ok;
        }

        if (RunRequest.Read(given, JobSource.CurrentDirectory(), Environment.GetEnvironmentVariable, out var problems) is not { } request)
        {
            problems.ForEach(Diagnostics.Write);
            return RunStatus.Sandbox;
        }

        return request.PrintsJob ? Print(request.Job) : request.Detaches ? DetachedStart.Run(arguments) : new RunSession(request).Run();
    }

    private static int Print(JobSpec job)
    {
        var json = new ArrayBufferWriter<byte>();
        JobFile.Write(json, job);
        StandardStreams.WriteOutput(json.WrittenSpan);
        return StandardStreams.OutputFailed ? RunStatus.Sandbox : ExitStatus.Ok;
    }
}
