using System.Buffers;
using Sandbox.Cli.Isolate;

namespace Sandbox.Cli;

/// <summary><c>sandbox doctor</c>: can this host run jobs, and if not, what is to be done?</summary>
internal static class DoctorCommand
{
    public static Command Command { get; } = new()
    {
        Name = "doctor",
        Summary = "Try what the sandbox needs from this machine, name what blocks it, and print the fix",
        Details = "Nothing is guessed and nothing is changed.",
        Statuses = [new("0", "jobs can run"), new("2", "the usage is wrong"), new("3", "jobs cannot run")],
        Options =
        [
            CommandOption.Json,
            CommandOption.Cgroup,
        ],
        Examples = ["sandbox doctor", "sandbox doctor --json", "sudo -u jobs sandbox doctor     # for the user who will run jobs"],
        Run = arguments => Print(arguments.Has("json"), arguments.Value("cgroup")),
    };

    private static int Print(bool json, string? cgroup)
    {
        var report = SandboxHost.ProbeAsync(new() { Cgroup = cgroup }).Now();
        var status = report.IsReady ? ExitStatus.Ok : ExitStatus.Sandbox;
        if (!json)
        {
            StandardStreams.WriteOutput($"{IsolateWords.WhoJobsAre(SandboxHost.JobUid(new()) is null)}\n\n{DoctorPrinter.Text(report).TrimEnd('\n')}");
            return status;
        }

        var text = new ArrayBufferWriter<byte>();
        DoctorJson.Write(text, report, pretty: true);
        text.Write("\n"u8);
        StandardStreams.WriteOutput(text.WrittenSpan);
        return status;
    }
}
