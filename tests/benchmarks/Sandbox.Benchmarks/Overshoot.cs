namespace Sandbox.Benchmarks;

/// <summary>How far past a time limit jobs are stopped, in milliseconds, as the result tells it.</summary>
internal static class Overshoot
{
    private const string Wall = "wallTime";
    private const string Cpu = "cpuTime";

    // A few more than whole ticks, so that they differ in where a tick finds them.
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(101);
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(0.3);

    private static readonly (string Limit, string Workload, string[] Command, Verdict Verdict)[] s_kinds =
    [
        (Wall, "sleeps", ["idle"], Verdict.WallTimeLimit),
        (Wall, "burns on every CPU", ["burn", "cpus"], Verdict.WallTimeLimit),
        (Cpu, "burns on one CPU", ["burn", "user"], Verdict.CpuTimeLimit),
        (Cpu, "burns on every CPU", ["burn", "cpus"], Verdict.CpuTimeLimit),
        (Cpu, "burns system time", ["burn", "system"], Verdict.CpuTimeLimit),
        (Cpu, "burns in short forks", ["burn", "forks"], Verdict.CpuTimeLimit),
    ];

    /// <summary>All mechanisms and workloads by turns, so that a change of the machine's mood hits all alike.</summary>
    public static IReadOnlyList<OvershootSeries> Measure(IReadOnlyList<Mechanism> mechanisms, Bench bench, int rounds)
    {
        var values = new Dictionary<(string Mechanism, int Kind), List<double>>();
        for (var round = 0; round < rounds; round++)
        {
            for (var kind = 0; kind < s_kinds.Length; kind++)
            {
                foreach (var mechanism in mechanisms)
                {
                    if (!values.TryGetValue((mechanism.Name, kind), out var series))
                    {
                        values.Add((mechanism.Name, kind), series = []);
                    }

                    series.Add(Once(mechanism, bench, kind, s_limit + (s_step * round)));
                }
            }
        }

        return [.. values.Select(entry => new OvershootSeries
        {
            Mechanism = entry.Key.Mechanism,
            Limit = s_kinds[entry.Key.Kind].Limit,
            Workload = s_kinds[entry.Key.Kind].Workload,
            Milliseconds = Distribution.Of(entry.Value),
        })];
    }

    private static double Once(Mechanism mechanism, Bench bench, int kind, TimeSpan limit)
    {
        var (name, _, command, expected) = s_kinds[kind];
        var limits = name == Wall ? new ResourceLimits { WallTime = limit } : new ResourceLimits { CpuTime = limit };
        var result = mechanism.Runner.RunAsync(bench.Job(command, limits), CancellationToken.None).GetAwaiter().GetResult();
        return result.Verdict == expected
            ? result.Time.Overshoot.TotalMilliseconds
            : throw new InvalidOperationException($"{mechanism.Name}, {command[^1]}: {result.Verdict}: {result.Error?.Message ?? result.Message}");
    }
}
