using System.Buffers;
using Sandbox.Host;

namespace Sandbox.Cli;

/// <summary><c>sandbox doctor</c>: can this host run jobs, and if not, what is to be done?</summary>
internal static class DoctorCommand
{
    /// <summary>Try every kernel feature the sandbox needs, name what blocks it and print the fix; changes nothing. Exit status: 0 ready, 3 not.</summary>
    /// <param name="json">Print JSON.</param>
    /// <param name="cgroup">Control group folders to try, parted by colons, or none; found by itself otherwise.</param>
    public static int Run(bool json = false, string? cgroup = null) => LastResort.Run(() => Print(json, cgroup));

    private static int Print(bool json, string? cgroup)
    {
        var report = HostLadder.Probe(new() { Cgroup = cgroup });
        if (!json)
        {
            StandardStreams.WriteOutput(DoctorPrinter.Text(report).TrimEnd('\n'));
            return report.ExitStatus;
        }

        var text = new ArrayBufferWriter<byte>();
        DoctorJson.Write(text, report, pretty: true);
        text.Write("\n"u8);
        StandardStreams.WriteOutput(text.WrittenSpan);
        return report.ExitStatus;
    }
}
