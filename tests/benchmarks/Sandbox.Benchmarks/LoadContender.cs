using System.Diagnostics;

namespace Sandbox.Benchmarks;

/// <summary>What one of them did in the time it had.</summary>
/// <param name="Workload">What ran.</param>
/// <param name="Contender">Who ran it.</param>
/// <param name="Submitters">How many jobs it had at once.</param>
/// <param name="Latencies">Of each job, in µs.</param>
/// <param name="Seconds">The time, summed over all turns.</param>
/// <param name="CpuSeconds">CPU time of its processes and their jobs.</param>
/// <param name="MachineSeconds">What the processors did meanwhile, for whomever.</param>
internal sealed record LoadResult(string Workload, string Contender, int Submitters, IReadOnlyList<double> Latencies, double Seconds, double CpuSeconds, double MachineSeconds)
{
    public double JobsPerSecond => Latencies.Count / Seconds;

    /// <summary>Both turns together.</summary>
    public LoadResult With(LoadResult other) => this with
    {
        Latencies = [.. Latencies, .. other.Latencies],
        Seconds = Seconds + other.Seconds,
        CpuSeconds = CpuSeconds + other.CpuSeconds,
        MachineSeconds = MachineSeconds + other.MachineSeconds,
    };
}

/// <summary>One way to run jobs, many at once.</summary>
internal abstract class LoadContender(string name)
{
    public string Name => name;

    /// <summary>Runs jobs with so many submitters for so long, each of which has one job at a time.</summary>
    public LoadResult Measure(string workload, int submitters, TimeSpan time)
    {
        var (cpu, machine, clock) = (Cpu(), ProcessTimes.OfMachine(), Stopwatch.GetTimestamp());
        var latencies = new List<double>[submitters];
        var seconds = new double[submitters];
        var spent = new double[submitters];
        Exception? failure = null;
        var threads = Enumerable.Range(0, submitters).Select(index => new Thread(() =>
        {
            // An exception of a thread of its own would end the process.
            try
            {
                (latencies[index], spent[index]) = Submit(time);
                seconds[index] = Stopwatch.GetElapsedTime(clock).TotalSeconds;
            }
            catch (Exception problem)
            {
                failure = problem;
            }
        })).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        return failure is null
            ? new(workload, name, submitters, [.. latencies.SelectMany(static list => list)], seconds.Max(), (Cpu() - cpu).TotalSeconds + spent.Sum(), (ProcessTimes.OfMachine() - machine).TotalSeconds)
            : throw new InvalidOperationException($"{name}: {failure.Message}", failure);
    }

    /// <summary>CPU time of what outlives jobs.</summary>
    protected virtual TimeSpan Cpu() => TimeSpan.Zero;

    /// <summary>One after the other until the time is up.</summary>
    /// <returns>The latencies in µs, and the CPU time in seconds of what each job had to itself.</returns>
    protected abstract (List<double> Latencies, double CpuSeconds) Submit(TimeSpan time);

    /// <summary>Calls it until the time is up.</summary>
    protected static List<double> Repeat(TimeSpan time, Action run)
    {
        var latencies = new List<double>();
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < time)
        {
            var clock = Stopwatch.GetTimestamp();
            run();
            latencies.Add(Stopwatch.GetElapsedTime(clock).TotalMicroseconds);
        }

        return latencies;
    }
}

/// <summary>A runner in this process.</summary>
internal sealed class RunnerLoad(SandboxRunner runner, JobSpec job) : LoadContender("SandboxRunner")
{
    private readonly List<PhaseTiming> _phases = [];

    /// <summary>The phases of every job.</summary>
    public IReadOnlyList<PhaseTiming> Phases => _phases;

    /// <summary>Those so far are not wanted.</summary>
    public void Forget() => _phases.Clear();

    protected override TimeSpan Cpu() => ProcessTimes.OfThisAndChildren();

    protected override (List<double> Latencies, double CpuSeconds) Submit(TimeSpan time) => (Repeat(time, () =>
    {
        var result = runner.RunAsync(job, CancellationToken.None).GetAwaiter().GetResult();
        WarmContender.Expect(result);
        lock (_phases)
        {
            _phases.AddRange(result.Phases);
        }
    }), 0);
}

/// <summary>A job host, over HTTP.</summary>
internal sealed class HttpLoad(BenchServer server, byte[] job) : LoadContender("HTTP, unix socket")
{
    protected override TimeSpan Cpu() => server.Cpu();

    protected override (List<double> Latencies, double CpuSeconds) Submit(TimeSpan time)
    {
        using var client = new UnixHttpClient(server.Path);
        return (Repeat(time, () =>
        {
            if (client.Post("/v1/jobs", job) is var answer && !answer.Contains("\"verdict\":\"ok\"", StringComparison.Ordinal))
            {
                throw new InvalidOperationException(answer);
            }
        }), 0);
    }
}

/// <summary>A command for each job, by measure.c.</summary>
/// <param name="name">What it is called.</param>
/// <param name="command">As of <see cref="Tools"/>.</param>
/// <param name="server">The job host it uses; null for none.</param>
internal sealed class CommandLoad(string name, IReadOnlyList<string> command, BenchServer? server = null) : LoadContender(name)
{
    protected override TimeSpan Cpu() => server?.Cpu() ?? TimeSpan.Zero;

    protected override (List<double> Latencies, double CpuSeconds) Submit(TimeSpan time)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in command.Skip(1))
        {
            start.ArgumentList.Add(word == CommandContender.CountWord ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(int)time.TotalMilliseconds}ms") : word);
        }

        BenchServer.Clean(start);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"cannot start {command[0]}");
        var errors = process.StandardError.ReadToEndAsync();
        var samples = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(CommandContender.Parse).ToList();
        process.WaitForExit();
        return process.ExitCode == 0
            ? ([.. samples.Select(static sample => sample.WallMicroseconds)], samples.Sum(static sample => sample.CpuMicroseconds) / 1e6)
            : throw new InvalidOperationException(errors.Result.Trim());
    }
}
