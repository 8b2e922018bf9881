using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Sandbox.Benchmarks;

/// <summary>What the API of another judge adds to a job: the same job, sent in its form and in ours, by turns, each on a connection of its own to one server.</summary>
/// <param name="Name">The API.</param>
/// <param name="Own">Of the job over our own API, in µs.</param>
/// <param name="Front">Over the other one.</param>
internal sealed record FrontsContest(string Name, List<double> Own, List<double> Front)
{
    private const int AtOnce = 10;

    private const string Languages = """
        { "runtimes": [
            { "language": "true", "version": "1.0.0", "run": ["/bin/true"] },
            { "language": "bash", "version": "5.0.0", "run": ["bash", "{main}"] } ] }
        """;

    private const string Judge0Environment = """ "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "LANGUAGE": "C.UTF-8", "LC_ALL": "C.UTF-8" """;

    // What each form becomes, with the same command, files and mounts.
    private static readonly (string Api, string Path, string Request, string Right, string Job)[] s_pairs =
    [
        ("go-judge", "/run", """{ "cmd": [{ "args": ["/bin/true"], "env": ["PATH=/usr/bin:/bin"], "cpuLimit": 10000000000, "memoryLimit": 268435456, "procLimit": 50 }] }""", "\"Accepted\"",
            """{ "command": ["/bin/true"], "workingDirectory": "/w", "mounts": [{ "type": "tmpfs", "target": "/w" }], "limits": { "cpuTime": "10s", "memory": "256MiB", "processes": 50 } }"""),
        ("piston", "/api/v2/execute", """{ "language": "true", "version": "*", "files": [{ "name": "main", "content": "x" }] }""", "\"code\":0",
            """{ "command": ["/bin/true"], "workingDirectory": "/box/submission", "mounts": [{ "type": "tmpfs", "target": "/box/submission" }], "files": { "/box/submission/main": { "text": "x" } }, "stdin": { "text": "\n" }, "limits": { "cpuTime": "3s", "wallTime": "3s", "memory": "512MiB" } }"""),
        ("jobe", "/jobe/index.php/restapi/runs", """{ "run_spec": { "language_id": "bash", "sourcecode": ":" } }""", "\"outcome\":15",
            """{ "command": ["/bin/sh", "-c", "bash  prog.sh "], "workingDirectory": "/home/jobe/runs/job", "mounts": [{ "type": "tmpfs", "target": "/home/jobe/runs/job" }], "files": { "/home/jobe/runs/job/prog.sh": { "text": ":", "mode": "0777" } }, "limits": { "cpuTime": "5s", "wallTime": "10s", "addressSpace": "400MB", "processes": 30 } }"""),
        ("judge0", "/submissions?wait=true", """{ "language_id": 46, "source_code": ":" }""", "\"id\":3",
            $$"""{ "command": ["/bin/bash", "run"], "workingDirectory": "/box", "mounts": [{ "type": "tmpfs", "target": "/box" }], "env": {{{Judge0Environment}}}, "files": { "/box/run": { "text": "bash script.sh \n" }, "/box/script.sh": { "text": ":" } }, "limits": { "cpuTime": "6s", "wallTime": "10s", "memory": "128000KiB", "stack": "64000KiB", "processes": 60, "fileSize": "1MiB", "output": "1MiB" } }"""),
    ];

    /// <summary>Runs them by turns.</summary>
    public static IReadOnlyList<FrontsContest> Measure(Bench bench, int rounds)
    {
        var runtimes = bench.Path("runtimes.json");
        File.WriteAllText(runtimes, Languages);
        using var server = new BenchServer(bench, ["--listen", "127.0.0.1:0", "--runtimes", runtimes, .. s_pairs.SelectMany(static pair => new[] { "--api", pair.Api + "=127.0.0.1:0" })], lines: s_pairs.Length + 2);
        var own = server.PortOf("");
        var contests = s_pairs.Select(static pair => new FrontsContest(pair.Api, [], [])).ToList();
        for (var round = -1; round < rounds; round++)
        {
            for (var index = 0; index < s_pairs.Length; index++)
            {
                var (pair, contest) = (s_pairs[index], contests[index]);
                using var ours = new UnixHttpClient(new IPEndPoint(IPAddress.Loopback, own));
                using var theirs = new UnixHttpClient(new IPEndPoint(IPAddress.Loopback, server.PortOf(" for " + pair.Api)));
                for (var run = 0; run < AtOnce; run++)
                {
                    // Who begins, changes.
                    var isOursFirst = (run + round) % 2 == 0;
                    var first = isOursFirst ? Time(ours, "/v1/jobs", pair.Job, "\"verdict\":\"ok\"") : Time(theirs, pair.Path, pair.Request, pair.Right);
                    var second = isOursFirst ? Time(theirs, pair.Path, pair.Request, pair.Right) : Time(ours, "/v1/jobs", pair.Job, "\"verdict\":\"ok\"");
                    if (round >= 0)
                    {
                        contest.Own.Add(isOursFirst ? first : second);
                        contest.Front.Add(isOursFirst ? second : first);
                    }
                }
            }
        }

        return contests;
    }

    /// <summary>The table.</summary>
    public static void Append(StringBuilder text, IReadOnlyList<FrontsContest> contests)
    {
        if (contests.Count == 0)
        {
            return;
        }

        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{"a job over another API",-24}{"own ms",10}{"mad",8}{"its ms",10}{"mad",8}{"+ ms",8}");
        foreach (var contest in contests)
        {
            var (own, front) = (Spread.Of(contest.Own), Spread.Of(contest.Front));
            text.AppendLine(CultureInfo.InvariantCulture, $"{contest.Name,-24}{own.Median / 1e3,10:F2}{own.Mad / 1e3,8:F2}{front.Median / 1e3,10:F2}{front.Mad / 1e3,8:F2}{contest.Added / 1e3,8:F2}");
        }
    }

    /// <summary>What it adds, in µs: the middle of the differences between the two of each turn.</summary>
    public double Added => Spread.Of(Front.Zip(Own, static (front, own) => front - own)).Median;

    private static double Time(UnixHttpClient client, string path, string body, string right)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var clock = Stopwatch.GetTimestamp();
        var answer = client.Post(path, bytes);
        var time = Stopwatch.GetElapsedTime(clock).TotalMicroseconds;
        return Regex.Replace(answer, "\\s", "").Contains(right, StringComparison.Ordinal) ? time : throw new InvalidOperationException($"{path}: {answer}");
    }
}
