using System.Diagnostics;

namespace Sandbox.Benchmarks;

/// <summary>A job host in a process of its own, as a machine has it.</summary>
internal sealed class BenchServer : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it and waits until it listens.</summary>
    public BenchServer(Bench bench)
    {
        Path = bench.Path("host.sock");
        var start = new ProcessStartInfo(bench.Sandbox, ["serve", "--listen", $"unix:{Path}"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        Clean(start);
        _process = Process.Start(start) ?? throw new InvalidOperationException("cannot start sandbox serve");
        if (_process.StandardError.ReadLine() is var line && line?.Contains("listening", StringComparison.Ordinal) != true)
        {
            throw new InvalidOperationException($"sandbox serve: {line}");
        }

        _ = _process.StandardError.ReadToEndAsync();
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Its socket.</summary>
    public string Path { get; }

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
