using System.Diagnostics;

namespace Sandbox.Benchmarks;

/// <summary>Jobs one after the other through one runner in this process.</summary>
internal sealed class WarmContender(string name, string description, SandboxRunner runner, JobSpec job)
    : Contender(name, description)
{
    /// <summary>The phases of every run.</summary>
    public List<PhaseTiming> Phases { get; } = [];

    protected override IEnumerable<Sample> Run(int count)
    {
        var walls = new List<double>(count);
        var before = ProcessTimes.OfThisAndChildren();
        for (var run = 0; run < count; run++)
        {
            var clock = Stopwatch.GetTimestamp();
            var result = runner.RunAsync(job, CancellationToken.None).GetAwaiter().GetResult();
            walls.Add(Stopwatch.GetElapsedTime(clock).TotalMicroseconds);
            Expect(result);
            Phases.AddRange(result.Phases);
        }

        // Ticks of the scheduler are too coarse for one job: every run of a batch gets its share.
        var cpu = (ProcessTimes.OfThisAndChildren() - before).TotalMicroseconds / count;
        var peak = ProcessTimes.PeakKibibytesOfChildren();
        return walls.Select(wall => new Sample { WallMicroseconds = wall, CpuMicroseconds = cpu, PeakKibibytes = peak });
    }

    internal static void Expect(JobResult result)
    {
        if (result.Verdict != Verdict.Ok)
        {
            throw new InvalidOperationException($"{result.Verdict}: {result.Error?.Message ?? result.Message}");
        }
    }
}
