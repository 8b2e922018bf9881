using System.Diagnostics;

namespace Sandbox.Benchmarks;

/// <summary>Jobs per second with some submitters at once.</summary>
internal static class Throughput
{
    public static double Measure(SandboxRunner runner, JobSpec job, int submitters, int jobs)
    {
        var left = jobs;
        string? failure = null;
        var clock = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(0, submitters).Select(_ => new Thread(Submit)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        return failure is null ? jobs / seconds : throw new InvalidOperationException(failure);

        // An exception of a thread of its own would end the process.
        void Submit()
        {
            try
            {
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    WarmContender.Expect(runner.RunAsync(job, CancellationToken.None).GetAwaiter().GetResult());
                }
            }
            catch (Exception problem) when (problem is InvalidOperationException or SandboxException)
            {
                failure = problem.Message;
            }
        }
    }

    /// <summary>The floor: as many of its processes at once, none of which knows of the others.</summary>
    public static double MeasureFloor(Bench bench, int submitters, int jobs)
    {
        var command = Tools.Floor(bench);
        var clock = Stopwatch.GetTimestamp();
        var floors = Enumerable.Range(0, submitters)
            .Select(_ => new CommandContender("floor", "", command)).ToList();
        var threads = floors.Select(floor => new Thread(() => floor.Measure(jobs / submitters))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (floors.Find(floor => floor.Failure is not null)?.Failure is { } failure)
        {
            throw new InvalidOperationException(failure);
        }

        return jobs / Stopwatch.GetElapsedTime(clock).TotalSeconds;
    }
}
