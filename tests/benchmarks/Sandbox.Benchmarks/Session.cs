namespace Sandbox.Benchmarks;

/// <summary>One run of the whole benchmark, interleaved so that a change of the machine's mood hits all alike.</summary>
internal static class Session
{
    private const int RunsPerRound = 10;
    private static readonly int[] s_submitters = [1, 2, 4];

    public static Measurements Run(
        IReadOnlyList<Contender> contenders, WarmContender warm, SandboxRunner runner, Bench bench, int rounds)
    {
        foreach (var contender in contenders)
        {
            contender.Measure(RunsPerRound);
            contender.Reset();
        }

        warm.Measure(RunsPerRound * 10);
        warm.Reset();
        warm.Phases.Clear();
        for (var round = 0; round < rounds; round++)
        {
            // A different one begins each time: who comes after a heavy one pays for its clean-up.
            for (var turn = 0; turn < contenders.Count; turn++)
                contenders[(round + turn) % contenders.Count].Measure(RunsPerRound);
        }

        var problems = new List<string>();
        return new Measurements
        {
            Contenders = contenders,
            Phases = [.. warm.Phases.GroupBy(phase => phase.Name).Select(
                group => (group.Key, Spread.Of(group.Select(phase => (double)phase.Microseconds))))],
            Throughput = Try(problems, "throughput", () => s_submitters.Select(submitters => (
                submitters,
                Throughput.Measure(runner, bench.Noop, submitters, rounds * 20),
                Throughput.MeasureFloor(bench, submitters, rounds * 20))).ToList()) ?? [],
            Overshoot = Try(problems, "overshoot", () => new List<(string, Spread)>
            {
                ("wallTime", Overshoot.OfWallTime(runner, bench, rounds)),
                ("cpuTime", Overshoot.OfCpuTime(runner, bench, rounds)),
            }) ?? [],
            Problems = problems,
        };
    }

    private static T? Try<T>(List<string> problems, string what, Func<T> measure)
        where T : class
    {
        try
        {
            return measure();
        }
        catch (Exception failure) when (failure is InvalidOperationException or SandboxException)
        {
            problems.Add($"{what}: {failure.Message}");
            return null;
        }
    }
}
