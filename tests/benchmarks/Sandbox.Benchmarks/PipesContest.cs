using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Sandbox.Benchmarks;

/// <summary>How long a byte and its answer take between two processes of a job, beside two processes with nothing around them.</summary>
/// <param name="Name">Over what.</param>
/// <param name="Microseconds">Of one there and back, for each run of many.</param>
internal sealed record PipesContest(string Name, List<double> Microseconds)
{
    private const int Trips = 100_000;

    /// <summary>Runs them by turns.</summary>
    public static IReadOnlyList<PipesContest> Measure(Bench bench, int rounds)
    {
        using var runner = new SandboxRunner();
        List<(PipesContest Contest, Func<long> Run)> all =
        [
            (new("bare pipes", []), () => Bare(bench)),
            (new("pipes of a job", []), () => Job(bench, runner, relay: false)),
            (new("relayed pipes", []), () => Job(bench, runner, relay: true)),
        ];
        for (var round = 0; round < rounds; round++)
        {
            for (var turn = 0; turn < all.Count; turn++)
            {
                var (contest, run) = all[(round + turn) % all.Count];
                contest.Microseconds.Add(run() / 1e3 / Trips);
            }
        }

        return [.. all.Select(static one => one.Contest)];
    }

    /// <summary>The table.</summary>
    public static void Append(StringBuilder text, IReadOnlyList<PipesContest> contests)
    {
        if (contests.Count == 0)
        {
            return;
        }

        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{"a byte there and back",-24}{"us",8}{"mad",8}{"x bare",8}");
        var bare = Spread.Of(contests[0].Microseconds).Median;
        foreach (var contest in contests)
        {
            var spread = Spread.Of(contest.Microseconds);
            text.AppendLine(CultureInfo.InvariantCulture, $"{contest.Name,-24}{spread.Median,8:F2}{spread.Mad,8:F2}{spread.Median / bare,8:F2}");
        }
    }

    private static long Bare(Bench bench)
    {
        using var process = Process.Start(new ProcessStartInfo(bench.Path("pingpong"), ["bare", Count]) { RedirectStandardError = true })
            ?? throw new InvalidOperationException("cannot start pingpong");
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return Nanoseconds(said, "pingpong bare");
    }

    private static long Job(Bench bench, SandboxRunner runner, bool relay)
    {
        var job = new ProcessesJob
        {
            Processes =
            [
                new() { Name = "ask", Job = bench.Job(["pingpong", "ask", Count], new()) with { Stdin = new PipeStdin { Pipe = "back" }, Stdout = new PipeOutput { Pipe = "there" } } },
                new() { Name = "answer", Job = bench.Job(["pingpong", "answer"], new()) with { Stdin = new PipeStdin { Pipe = "there" }, Stdout = new PipeOutput { Pipe = "back" } } },
            ],
            Pipes = relay ? [new() { Name = "there", Relay = true }, new() { Name = "back", Relay = true }] : [],
        };
        var result = (ProcessesResult)runner.RunDocumentAsync(job).GetAwaiter().GetResult();
        return Nanoseconds(result.Processes[0].Result.Stderr.Content is { } said ? Encoding.UTF8.GetString(said.Span) : "", result.Message);
    }

    private static string Count => Trips.ToString(CultureInfo.InvariantCulture);

    private static long Nanoseconds(string said, string what) =>
        long.TryParse(said, CultureInfo.InvariantCulture, out var nanoseconds) ? nanoseconds : throw new InvalidOperationException($"{what}: {said}");
}
