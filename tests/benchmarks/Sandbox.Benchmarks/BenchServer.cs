using System.Diagnostics;

namespace Sandbox.Benchmarks;

/// <summary>A job host in a process of its own, as a machine has it.</summary>
internal sealed class BenchServer : IDisposable
{
    private readonly Process _process;

    private readonly List<string> _said = [];

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="bench">Where its socket is.</param>
    /// <param name="more">Further options.</param>
    /// <param name="lines">On how many places it says that it listens.</param>
    public BenchServer(Bench bench, IReadOnlyList<string>? more = null, int lines = 1)
    {
        Path = bench.Path("host.sock");
        var start = new ProcessStartInfo(bench.Sandbox, ["serve", "--listen", $"unix:{Path}", .. more ?? []]) { RedirectStandardError = true, RedirectStandardOutput = true };
        Clean(start);
        _process = Process.Start(start) ?? throw new InvalidOperationException("cannot start sandbox serve");
        for (var left = lines; left > 0; left--)
        {
            if (_process.StandardError.ReadLine() is var line && line?.Contains("listening", StringComparison.Ordinal) != true)
            {
                throw new InvalidOperationException($"sandbox serve: {line}");
            }

            _said.Add(line!);
        }

        _ = _process.StandardError.ReadToEndAsync();
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Its socket.</summary>
    public string Path { get; }

    /// <summary>The port of which it said that it listens there, and then this.</summary>
    public int PortOf(string end) => _said.Select(line => System.Text.RegularExpressions.Regex.Match(line, $@"127\.0\.0\.1:([0-9]+){end}$")).Where(static match => match.Success)
        .Select(static match => int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).First();

    /// <summary>CPU time of it, its launchers and the jobs that are over.</summary>
    public TimeSpan Cpu() => ProcessTimes.OfProcessAndChildren(_process.Id);

    /// <summary>Takes out what a caller may wish of its own jobs, which a job host leaves to it.</summary>
    public static void Clean(ProcessStartInfo start)
    {
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("SANDBOX_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using (var kill = Process.Start("kill", [_process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            kill.WaitForExit();
        }

        if (!_process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
