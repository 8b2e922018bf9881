using System.Buffers;

namespace Sandbox.Cli.Run;

/// <summary><c>sandbox run</c>: a job written as options, for people and build steps.</summary>
internal static class RunCommand
{
    /// <summary>For the list of commands: its arguments are its own matter, as is its help.</summary>
    public static Command Command { get; } = new()
    {
        Name = "run",
        Arguments = "[OPTIONS] [--] COMMAND [ARGUMENT]...",
        Summary = "Run one command in a sandbox, described by options as those of docker run",
        Run = arguments => Run([.. arguments.Words]),
    };

    /// <summary>Runs the command.</summary>
    /// <param name="arguments">Options, and the command.</param>
    public static int Run(string[] arguments)
    {
        if (Array.Exists(arguments, argument => ProcessText.IsDamaged(argument, "/proc/self/cmdline")))
        {
            Diagnostics.Write("an argument is not UTF-8, which everything that a job gets must be");
            return RunStatus.Sandbox;
        }

        var given = RunArguments.Parse(arguments);
        if (given.Options.Any(option => option.Option.Name == "help"))
        {
            StandardStreams.WriteOutput(RunHelp.Text());
            return StandardStreams.OutputFailed ? RunStatus.Sandbox : ExitStatus.Ok;
        }

        if (RunRequest.Read(given, JobSource.CurrentFolder(), Environment.GetEnvironmentVariable, out var problems) is not { } request)
        {
            problems.ForEach(Diagnostics.Write);
            return RunStatus.Sandbox;
        }

        return request.PrintsJob ? Print(request.Job) : new RunSession(request).Run();
    }

    private static int Print(JobSpec job)
    {
        var json = new ArrayBufferWriter<byte>();
        JobFile.Write(json, job);
        StandardStreams.WriteOutput(json.WrittenSpan);
        return StandardStreams.OutputFailed ? RunStatus.Sandbox : ExitStatus.Ok;
    }
}
