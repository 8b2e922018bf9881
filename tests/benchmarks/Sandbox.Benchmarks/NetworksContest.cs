using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sandbox.Benchmarks;

/// <summary>What a network costs a job, by its kind; and one TCP stream by each of the ways that it gives, and by those of others.</summary>
/// <param name="Jobs">The same job in each, the one without a network first.</param>
/// <param name="Streams">MiB/s of each way.</param>
internal sealed record NetworksContest(IReadOnlyList<Contender> Jobs, IReadOnlyList<NetworkStream> Streams)
{
    private const int RunsPerRound = 10;
    private const long Bytes = 1L << 30;
    private const string Network = "bench";
    private const string Host = "host.sandbox.internal";
    private const string OfOthers = "host to namespace";

    /// <summary>Measures them, everybody by turns.</summary>
    public static NetworksContest Measure(Bench bench, int rounds, List<string> problems)
    {
        using var runner = new SandboxRunner();
        var canJoin = TryMakeNetwork(problems);
        try
        {
            List<(string Name, string Description, Network Network)> kinds =
            [
                ("none", "a namespace of its own, with nothing up", Sandbox.Network.None),
                ("loopback", "the same with lo up", Sandbox.Network.Loopback),
                ("egress", "a way out to what a list names", Sandbox.Network.Egress("example.org:443")),
                ("host", "the host's", Sandbox.Network.Host),
            ];
            if (canJoin)
            {
                kinds.Add(("join", "a network that jobs share", Sandbox.Network.Join(Network)));
                kinds.Add(("join, egress", "the same with a way out", new JoinedNetwork { NetworkName = Network, Allow = ["example.org:443"] }));
            }

            List<Contender> jobs = [.. kinds.Select(kind => new WarmContender(kind.Name, kind.Description, runner, bench.Noop with { Network = kind.Network }))];
            foreach (var job in jobs)
            {
                job.Measure(RunsPerRound);
                job.Reset();
            }

            List<(NetworkStream Stream, Func<string> Run)> streams = [.. Ways(bench, runner, canJoin).Select(static way => (new NetworkStream(way.Name, []), way.Run))];
            for (var round = 0; round < rounds; round++)
            {
                for (var turn = 0; turn < jobs.Count; turn++)
                {
                    jobs[(round + turn) % jobs.Count].Measure(RunsPerRound);
                }
            }

            MeasureStreams(streams, Math.Max(3, rounds / 5), problems);
            return new(jobs, [.. streams.Select(static one => one.Stream).Where(static stream => stream.MebibytesPerSecond.Count > 0 || stream.Failure is not null)]);
        }
        finally
        {
            if (canJoin)
            {
                SharedNetworks.Remove(Network);
            }
        }
    }

    /// <summary>The tables.</summary>
    public static void Append(StringBuilder text, NetworksContest? contest)
    {
        if (contest is null)
        {
            return;
        }

        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{"a job by its network",-24}{"wall us",10}{"mad",8}{"cpu us",10}{"x none",8}");
        var none = contest.Jobs[0].Samples.Count == 0 ? double.NaN : Wall(contest.Jobs[0]).Median;
        foreach (var job in contest.Jobs)
        {
            if (job.Samples.Count == 0)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"{job.Name,-24}not measured: {job.Failure}");
                continue;
            }

            var wall = Wall(job);
            text.AppendLine(CultureInfo.InvariantCulture, $"{job.Name,-24}{wall.Median,10:F0}{wall.Mad,8:F0}{Spread.Of(job.Samples.Select(static sample => sample.CpuMicroseconds)).Median,10:F0}{wall.Median / none,8:F2}");
        }

        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{"one TCP stream",-34}{"MiB/s",8}{"mad",8}");
        foreach (var stream in contest.Streams)
        {
            if (stream.Failure is { } failure)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"{stream.Name,-34}not measured: {failure}");
                continue;
            }

            var spread = Spread.Of(stream.MebibytesPerSecond);
            text.AppendLine(CultureInfo.InvariantCulture, $"{stream.Name,-34}{spread.Median,8:F0}{spread.Mad,8:F0}");
        }
    }

    private static Spread Wall(Contender job) => Spread.Of(job.Samples.Select(static sample => sample.WallMicroseconds));

    private static bool TryMakeNetwork(List<string> problems)
    {
        try
        {
            SharedNetworks.Create(Network);
            return true;
        }
        catch (SandboxException failure)
        {
            problems.Add($"a network that jobs share: {failure.Message}");
            return false;
        }
    }

    private static void MeasureStreams(List<(NetworkStream Stream, Func<string> Run)> streams, int rounds, List<string> problems)
    {
        var failed = new HashSet<string>(StringComparer.Ordinal);
        for (var round = 0; round < rounds; round++)
        {
            for (var turn = 0; turn < streams.Count; turn++)
            {
                var (stream, run) = streams[(round + turn) % streams.Count];
                if (failed.Contains(stream.Name))
                {
                    continue;
                }

                try
                {
                    var said = run();
                    stream.MebibytesPerSecond.Add(double.TryParse(said, CultureInfo.InvariantCulture, out var rate) ? rate : throw new InvalidOperationException(said));
                }
                catch (Exception failure) when (failure is InvalidOperationException or SandboxException)
                {
                    failed.Add(stream.Name);
                    if (stream.Name.StartsWith(OfOthers, StringComparison.Ordinal))
                    {
                        stream.Failure = failure.Message;
                        stream.MebibytesPerSecond.Clear();
                    }
                    else
                    {
                        problems.Add($"{stream.Name}: {failure.Message}");
                    }
                }
            }
        }
    }

    private static IEnumerable<(string Name, Func<string> Run)> Ways(Bench bench, SandboxRunner runner, bool canJoin)
    {
        yield return ("the host's loopback", () => FromHost(bench, port => Output(bench.Path("stream"), "read", "127.0.0.1", port)));
        yield return ("within a job", () => Job(runner, bench.Job(["stream"], new()) with { Command = ["sh", "-c", Within], Network = Sandbox.Network.Loopback }));
        yield return ("host to job, egress", () => FromHost(bench, port => Job(runner, bench.Job(["stream", "read", Host, port], new()) with { Network = Sandbox.Network.Egress($"{Host}:{port}") })));
        yield return ("job to host, published port", () => Published(bench, runner));
        if (canJoin)
        {
            yield return ("job to job", () => Between(bench, runner));
            yield return ("host to job, egress in a network", () => FromHost(bench, port => Job(runner, bench.Job(["stream", "read", Host, port], new()) with { Network = new JoinedNetwork { NetworkName = Network, Allow = [$"{Host}:{port}"] } })));
        }

        foreach (var tool in (string[])["slirp4netns", "pasta"])
        {
            yield return ($"{OfOthers}, {tool}", () => FromHost(bench, port => Output(bench.Path("network_peer.sh"), tool, bench.Path("stream"), port)));
        }
    }

    private static string Within => string.Create(
        CultureInfo.InvariantCulture, $"/bench/stream serve {Bytes} 1 >/work/port & until [ -s /work/port ]; do sleep 0.02; done; /bench/stream read 127.0.0.1 $(cat /work/port)");

    // One client each time: it ends with it.
    private static string FromHost(Bench bench, Func<string, string> read)
    {
        using var server = Process.Start(new ProcessStartInfo(bench.Path("stream"), ["serve", Bytes.ToString(CultureInfo.InvariantCulture), "1"]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("cannot start stream");
        try
        {
            return read(server.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the server has no port"));
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
        }
    }

    private static string Between(Bench bench, SandboxRunner runner)
    {
        var serve = bench.Job(["stream", "serve", Bytes.ToString(CultureInfo.InvariantCulture), "1", "any"], new()) with { Network = new JoinedNetwork { NetworkName = Network, Name = "server" }, Stdout = OutputStream.Live };
        return Against(runner, serve, port => Job(runner, bench.Job(["stream", "read", "server", port], new()) with { Network = Sandbox.Network.Join(Network) }));
    }

    // Of the host a port that was free a moment ago, of the job any that nobody else has there.
    private static string Published(Bench bench, SandboxRunner runner)
    {
        const string Inside = "5000";
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        var serve = bench.Job(["stream", "serve", Bytes.ToString(CultureInfo.InvariantCulture), "1", Inside], new()) with
        {
            Network = Sandbox.Network.Loopback,
            Ports = [PortMapping.Parse($"127.0.0.1:{port}:{Inside}")],
            Stdout = OutputStream.Live,
        };
        return Against(runner, serve, _ => Output(bench.Path("stream"), "read", "127.0.0.1", port.ToString(CultureInfo.InvariantCulture)));
    }

    private static string Against(SandboxRunner runner, JobSpec serve, Func<string, string> read)
    {
        var job = runner.StartAsync(serve).GetAwaiter().GetResult();
        try
        {
            using var said = new StreamReader(job.Stdout, Encoding.ASCII, leaveOpen: true);
            return read(said.ReadLine() ?? throw new InvalidOperationException("the server has no port"));
        }
        finally
        {
            job.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static string Job(SandboxRunner runner, JobSpec job)
    {
        var result = runner.RunAsync(job, CancellationToken.None).GetAwaiter().GetResult();
        WarmContender.Expect(result);
        return result.Stdout.Content is { } said ? Encoding.ASCII.GetString(said.Span).Trim() : "";
    }

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"cannot start {program}");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{arguments[0]}: {errors.Result.Trim()}");
    }
}

/// <summary>One TCP stream by one way.</summary>
/// <param name="Name">The way.</param>
/// <param name="MebibytesPerSecond">Of each run.</param>
internal sealed record NetworkStream(string Name, List<double> MebibytesPerSecond)
{
    /// <summary>Why there is none: the tool of others is not here, or cannot be used by this user; null for nothing.</summary>
    public string? Failure { get; set; }
}
