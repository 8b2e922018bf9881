using System.Globalization;
using Sandbox.Host;

namespace Sandbox.Execution;

/// <summary>The processes 1 that wait for jobs to come (native/launcher/preforked.c), and those that they are cloned from (original.c), as /proc shows them: nothing that starts jobs is asked.</summary>
internal static class WaitingProcesses
{
    // What they call themselves until they have a job.
    private const string Name = "waiting\n";

    /// <summary>Those of these launchers.</summary>
    public static PreparedSandboxes Of(IEnumerable<int> launchers)
    {
        var files = new HostFiles();
        var waiting = launchers
            .SelectMany(launcher => files.Text(string.Create(CultureInfo.InvariantCulture, $"proc/{launcher}/task/{launcher}/children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(process => files.Text($"proc/{process}/comm") == Name)
            .ToList();
        return new() { Count = waiting.Count, Bytes = waiting.Sum(process => KibibytesOf(files, process)) << 10 };
    }

    // An original is not dumpable, and of such a process only its own pages are told.
    private static long KibibytesOf(HostFiles files, string process) =>
        Kibibytes(files.Lines($"proc/{process}/smaps_rollup"), "Pss:") ?? Kibibytes(files.Lines($"proc/{process}/status"), "RssAnon:") ?? 0;

    private static long? Kibibytes(string[] lines, string name) =>
        Array.Find(lines, line => line.StartsWith(name, StringComparison.Ordinal)) is { } line ? long.Parse(line.AsSpan(name.Length, line.Length - name.Length - " kB".Length), CultureInfo.InvariantCulture) : null;

}
