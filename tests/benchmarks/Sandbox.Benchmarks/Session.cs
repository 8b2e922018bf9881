namespace Sandbox.Benchmarks;

/// <summary>One run of the whole benchmark, interleaved so that a change of the machine's mood hits all alike.</summary>
internal static class Session
{
    private const int RunsPerRound = 10;
    private const int LeastRounds = 3;
    private static readonly int[] s_submitters = [1, 2, 4];

    /// <summary>Runs the named parts.</summary>
    public static Measurements Run(IReadOnlyList<string> parts, Bench bench, int rounds)
    {
        var problems = new List<string>();
        var contest = parts.Contains(BenchParts.Contenders) ? Compare(bench, rounds, problems) : new Contest();
        var mechanisms = parts.Any(part => part is not (BenchParts.Contenders or BenchParts.Files or BenchParts.Pipes or BenchParts.Networks or BenchParts.Server or BenchParts.Fronts or BenchParts.Endurance)) ? Mechanism.FindAll(bench, problems) : [];
        var server = parts.Contains(BenchParts.Server) ? ServerBench.Measure(bench, problems) : new([], []);
        var found = new Measurements
        {
            Contest = contest,
            Overshoot = Part(BenchParts.Overshoot, () => Overshoot.Measure(mechanisms, bench, rounds)),
            Accuracy = Part(BenchParts.Accuracy, () => Accuracy.Measure(mechanisms, bench, Math.Max(LeastRounds, rounds / 5))),
            Staleness = Part(BenchParts.Staleness, () => Staleness.Measure(mechanisms, bench)),
            Files = Part(BenchParts.Files, () => CompareFiles(bench, rounds, problems)),
            Pipes = Part(BenchParts.Pipes, () => PipesContest.Measure(bench, Math.Max(LeastRounds, rounds / 5))),
            Networks = parts.Contains(BenchParts.Networks) ? Try(problems, BenchParts.Networks, () => NetworksContest.Measure(bench, Math.Max(LeastRounds, rounds), problems)) : null,
            Loads = server.Loads,
            Fronts = Part(BenchParts.Fronts, () => FrontsContest.Measure(bench, Math.Max(LeastRounds, rounds))),
            WarmPhases = server.Phases,
            Endurance = Part(BenchParts.Endurance, () => EnduranceBench.Measure(bench)),
            Problems = problems,
        };
        foreach (var mechanism in mechanisms)
        {
            mechanism.Dispose();
        }

        return found;

        IReadOnlyList<T> Part<T>(string name, Func<IReadOnlyList<T>> measure) => parts.Contains(name) ? Try(problems, name, measure) ?? [] : [];
    }

    private static Contest Compare(Bench bench, int rounds, List<string> problems)
    {
        using var runner = new SandboxRunner();
        var warm = new WarmContender("warm job", "one runner, one job after the other", runner, bench.Noop);
        IReadOnlyList<Contender> contenders =
        [
            new CommandContender("bare", "posix_spawn of the same program", Tools.Bare(bench)),
            new CommandContender("floor", "a C program that does what the default job's plan says", Tools.Floor(bench)),
            warm,
            new CommandContender("sandbox exec", "a cold process per job", Tools.Exec(bench)),
            new CommandContender("isolate --run", "a cold process per job, in a box that is there", Tools.Isolate(bench)),
            new CommandContender("bwrap", "bubblewrap, same mounts, files, ids and filter", Tools.Bubblewrap(bench)),
            new CommandContender("crun", "crun run, same mounts, no filter, no cgroup", CrunBundle.Command(bench)),
        ];
        MeasureByTurns(contenders, warm, rounds);
        return new Contest
        {
            Contenders = contenders,
            Phases = [.. warm.Phases.GroupBy(phase => phase.Phase.Word()).Select(
                group => (group.Key, Spread.Of(group.Select(phase => (double)phase.Microseconds))))],
            Throughput = Try(problems, "throughput", () => s_submitters.Select(submitters => (
                submitters,
                Throughput.Measure(runner, bench.Noop, submitters, rounds * 20),
                Throughput.MeasureFloor(bench, submitters, rounds * 20))).ToList()) ?? [],
        };
    }

    private static IReadOnlyList<Contender> CompareFiles(Bench bench, int rounds, List<string> problems)
    {
        using var runner = new SandboxRunner();
        var contenders = FilesContest.Contenders(bench, runner, problems);
        MeasureByTurns(contenders, Math.Max(LeastRounds, rounds / 5));
        return contenders;
    }

    private static void MeasureByTurns(IReadOnlyList<Contender> contenders, WarmContender warm, int rounds)
    {
        warm.Measure(RunsPerRound * 10);
        MeasureByTurns(contenders, rounds, warm.Phases.Clear);
    }

    private static void MeasureByTurns(IReadOnlyList<Contender> contenders, int rounds, Action? afterWarmUp = null)
    {
        foreach (var contender in contenders)
        {
            contender.Measure(RunsPerRound);
            contender.Reset();
        }

        afterWarmUp?.Invoke();
        for (var round = 0; round < rounds; round++)
        {
            // A different one begins each time: who comes after a heavy one pays for its clean-up.
            for (var turn = 0; turn < contenders.Count; turn++)
            {
                contenders[(round + turn) % contenders.Count].Measure(RunsPerRound);
            }
        }
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
