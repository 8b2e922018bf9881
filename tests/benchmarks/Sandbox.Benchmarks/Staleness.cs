using System.Diagnostics;

namespace Sandbox.Benchmarks;

/// <summary>How old the CPU time is that a control group tells, and whether anything makes it younger: staleness.c.</summary>
internal static class Staleness
{
    private const string Milliseconds = "800";

    private static readonly string[] s_pokes = ["none", "thread-clock", "process-clock", "schedstat", "perf", "wake"];

    /// <summary>A line for each way, by mechanism.</summary>
    public static IReadOnlyList<(string Mechanism, string Line)> Measure(IReadOnlyList<Mechanism> mechanisms, Bench bench)
    {
        var found = new List<(string, string)>();
        foreach (var mechanism in mechanisms)
        {
            if (mechanism.Directories.FirstOrDefault(Counts) is { } directory)
            {
                found.AddRange(s_pokes.Select(poke => (mechanism.Name, Line(bench, directory, poke))));
            }
        }

        return found;
    }

    private static bool Counts(string directory) => File.Exists($"{directory}/cpuacct.usage") || File.Exists($"{directory}/cgroup.controllers");

    private static string Line(Bench bench, string parent, string poke)
    {
        var group = Directory.CreateDirectory($"{parent}/bench.{Environment.ProcessId}.{poke}").FullName;
        try
        {
            var start = new ProcessStartInfo(bench.Path("staleness"), [group, poke, Milliseconds]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start) ?? throw new InvalidOperationException("cannot start staleness");
            var errors = process.StandardError.ReadToEndAsync();
            var line = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? line : throw new InvalidOperationException(errors.Result.Trim());
        }
        finally
        {
            Directory.Delete(group);
        }
    }
}
