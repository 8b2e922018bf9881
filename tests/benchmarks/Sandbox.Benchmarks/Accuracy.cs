namespace Sandbox.Benchmarks;

/// <summary>Compares what is told of a program with what the program measured of itself.</summary>
/// <remarks>
/// The sources are our results, by mechanism; wait4(2) around the bare program; and the control groups around the bare
/// program. Each is compared with the run it tells of: how long two runs take is not the same.
/// </remarks>
internal static class Accuracy
{
    private const string Rusage = "wait4, bare";

    public static IReadOnlyList<Comparison> Measure(IReadOnlyList<Mechanism> mechanisms, Bench bench, int rounds)
    {
        var found = new Dictionary<(string Workload, string Source), Comparison>();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var workload in Workload.All)
            {
                foreach (var (source, truth, told) in RunAll(mechanisms, bench, workload))
                {
                    if (!found.TryGetValue((workload.Name, source), out var comparison))
                    {
                        found.Add((workload.Name, source), comparison = new() { Workload = workload.Name, Source = source });
                    }

                    comparison.Runs.Add((truth, told));
                }
            }
        }

        return [.. found.Values];
    }

    private static IEnumerable<(string Source, Figures Truth, Figures Told)> RunAll(IReadOnlyList<Mechanism> mechanisms, Bench bench, Workload workload)
    {
        foreach (var mechanism in mechanisms)
        {
            var result = Run(mechanism, bench, workload);
            yield return (mechanism.Name, Figures.OfItself(Line(result)), Figures.OfResult(result));
        }

        var bare = BareRun.Run(bench, workload, []);
        yield return (Rusage, bare.Itself, bare.Rusage);
        foreach (var mechanism in mechanisms.Where(mechanism => mechanism.Directories.Count > 0))
        {
            var counted = BareRun.Run(bench, workload, mechanism.Directories);
            if (counted.Counters is { } counters)
            {
                yield return ($"counters of {mechanism.Name[..mechanism.Name.IndexOf('/', StringComparison.Ordinal)]}", counted.Itself, counters);
            }
        }
    }

    private static JobResult Run(Mechanism mechanism, Bench bench, Workload workload)
    {
        var limits = new ResourceLimits { CpuTime = TimeSpan.FromSeconds(20) };
        var result = mechanism.Runner.RunAsync(bench.Job(["account", .. workload.Arguments], limits), CancellationToken.None).GetAwaiter().GetResult();
        WarmContender.Expect(result);
        return result;
    }

    private static string Line(JobResult result) =>
        result.Stdout.Content is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes.Span).Trim() : "";
}
