using System.Buffers;

namespace Sandbox.Cli;

/// <summary><c>sandbox doctor</c>: can this host run jobs, and if not, what is to be done?</summary>
internal static class DoctorCommand
{
    public static Command Command { get; } = new()
    {
        Name = "doctor",
        Summary = "Try what the sandbox needs of this machine, name what blocks it, and print the fix",
        Details = "It changes nothing. Exit status: 0 if jobs can run, 3 if not.",
        Options =
        [
            new("json", null, "print JSON"),
            new("cgroup", "FOLDERS", "control group folders to try, parted by colons, or none; found by itself otherwise"),
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
            StandardStreams.WriteOutput(DoctorPrinter.Text(report).TrimEnd('\n'));
            return status;
        }

        var text = new ArrayBufferWriter<byte>();
        DoctorJson.Write(text, report, pretty: true);
        text.Write("\n"u8);
        StandardStreams.WriteOutput(text.WrittenSpan);
        return status;
    }
}
