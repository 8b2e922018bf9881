using System.Diagnostics;
using System.Globalization;

namespace Sandbox.Benchmarks;

/// <summary>Some jobs of many: what they took, and what their runner and its launcher had of memory and descriptors after them.</summary>
internal sealed record EnduranceStage(int Jobs, double Median, double Percentile99, double CpuMicroseconds, double RunnerMebibytes, double LauncherMebibytes, int Descriptors);

/// <summary>Job 1 against job 100,000 of one runner, as far as three minutes go.</summary>
internal static class EnduranceBench
{
    private const int MostJobs = 100_000;
    private const int Stages = 10;
    private static readonly int s_submitters = Setting("BENCH_ENDURANCE_SUBMITTERS", 4);
    private static readonly TimeSpan s_mostTime = TimeSpan.FromSeconds(Setting("BENCH_ENDURANCE_SECONDS", 180));

    public static IReadOnlyList<EnduranceStage> Measure(Bench bench)
    {
        using var runner = new SandboxRunner();
        var load = new RunnerLoad(runner, ServerBench.Noop(bench));
        load.Measure("noop", s_submitters, TimeSpan.FromSeconds(2));
        var found = new List<EnduranceStage>();
        var jobs = 0;
        for (var stage = 0; stage < Stages && jobs < MostJobs; stage++)
        {
            load.Forget();
            var result = load.Measure("noop", s_submitters, s_mostTime / Stages);
            jobs += result.Latencies.Count;
            var latencies = Distribution.Of(result.Latencies);
            var launcher = ProcessTimes.ChildrenOf(Environment.ProcessId).Sum(Resident);
            GC.Collect();
            found.Add(new(jobs, latencies.Median, latencies.Percentile(99), result.CpuSeconds * 1e6 / result.Latencies.Count, Resident(Environment.ProcessId), launcher, Directory.GetFiles("/proc/self/fd").Length));
        }

        return found;
    }

    private static int Setting(string name, int usual) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : usual;

    private static double Resident(int process)
    {
        try
        {
            var words = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/statm")).Split(' ');
            return long.Parse(words[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize / (double)(1 << 20);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
