using System.Text;

namespace Sandbox.Benchmarks;

/// <summary>Throughput and latency of a no-op and of a Python program of 50 ms, with few and many at once, by everybody in turns.</summary>
internal static class ServerBench
{
    private const string Python = "/usr/bin/python3";
    private const string Spin = "import time\nwhile time.process_time() < 0.05: pass";
    private const int Turns = 3;

    // Bounded: what ends hundreds of jobs at one instant can stop this kernel.
    private const int MostAtOnce = 16;
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(300);

    /// <summary>Takes about two minutes.</summary>
    public static (IReadOnlyList<LoadResult> Loads, IReadOnlyList<(string Name, Spread Microseconds)> Phases) Measure(Bench bench, List<string> problems)
    {
        using var server = new BenchServer(bench);
        using var runner = new SandboxRunner();
        var found = new List<LoadResult>();
        var noop = Noop(bench);
        var own = new RunnerLoad(runner, noop);
        Measure("noop", [own, .. Others("noop", bench, server, noop, [$"{bench.Directory}/noop"], bench.Path("noop"))]);
        if (File.Exists(Python))
        {
            string[] command = [Python, "-S", "-E", "-c", Spin];
            var job = Warm(command);
            Measure("python 50 ms", [new RunnerLoad(runner, job), .. Others("python", bench, server, job, command, null)]);
        }
        else
        {
            problems.Add($"no {Python} for the job of 50 ms");
        }

        var phases = own.Phases.GroupBy(static phase => phase.Phase.Word()).Select(static group => (group.Key, Spread.Of(group.Select(static phase => (double)phase.Microseconds))));
        return (found, [.. phases]);

        void Measure(string workload, IReadOnlyList<LoadContender> contenders)
        {
            var left = contenders.ToList();
            foreach (var contender in contenders)
            {
                Try(left, contender, () => contender.Measure(workload, 2, s_warmUp));
            }

            var cores = Environment.ProcessorCount;
            foreach (var submitters in (int[])[1, Math.Min(cores, MostAtOnce), Math.Min(4 * cores, MostAtOnce)])
            {
                var sums = new Dictionary<string, LoadResult>();
                for (var turn = 0; turn < Turns; turn++)
                {
                    foreach (var contender in left.ToList())
                    {
                        Try(left, contender, () =>
                        {
                            var result = contender.Measure(workload, submitters, s_turn);
                            sums[contender.Name] = sums.TryGetValue(contender.Name, out var before) ? before.With(result) : result;
                        });
                    }
                }

                found.AddRange(sums.Values);
            }
        }

        void Try(List<LoadContender> left, LoadContender contender, Action measure)
        {
            try
            {
                measure();
            }
            catch (InvalidOperationException failure)
            {
                problems.Add(failure.Message);
                left.Remove(contender);
            }
        }
    }

    /// <summary>The no-op, which comes with its job: over HTTP nothing of the machine is to be had but its system.</summary>
    public static JobSpec Noop(Bench bench) => Warm(["/work/noop"]) with
    {
        Files = [new() { Path = "/work/noop", Mode = 0b111_101_101, Content = new InlineContent { Bytes = File.ReadAllBytes(bench.Path("noop")) } }],
    };

    private static IEnumerable<LoadContender> Others(string name, Bench bench, BenchServer server, JobSpec job, string[] command, string? program)
    {
        var file = bench.Path($"{name}.json");
        var text = Json(job, program);
        File.WriteAllBytes(file, text);
        string[] measure = [bench.Path("measure"), CommandContender.CountWord];
        yield return new HttpLoad(server, text);
        yield return new CommandLoad("exec --server", [.. measure, bench.Sandbox, "exec", "--server", server.Path, file], server);
        yield return new CommandLoad("exec", [.. measure, bench.Sandbox, "exec", "--server", "none", file]);
        yield return new CommandLoad("bwrap, 5 mounts",
        [
            .. measure, "bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
            "--tmpfs", "/tmp", "--ro-bind", bench.Directory, bench.Directory, "--proc", "/proc", "--dev", "/dev", .. command,
        ]);
        yield return new CommandLoad("bare", [.. measure, .. command]);
    }

    private static JobSpec Warm(string[] command) => new() { Command = command };

    private static byte[] Json(JobSpec job, string? program)
    {
        var words = string.Join(", ", job.Command.Select(static word => $"\"{System.Text.Json.JsonEncodedText.Encode(word)}\""));
        var files = program is null ? "" : $$""", "files": { "/work/noop": { "base64": "{{Convert.ToBase64String(File.ReadAllBytes(program))}}", "mode": "0755" } }""";
        return Encoding.UTF8.GetBytes($$"""{ "command": [{{words}}]{{files}} }""");
    }
}
