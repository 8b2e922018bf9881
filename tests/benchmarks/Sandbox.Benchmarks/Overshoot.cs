namespace Sandbox.Benchmarks;

/// <summary>How far past a time limit jobs are stopped, in milliseconds, as the result tells it.</summary>
internal static class Overshoot
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(150);

    public static Spread OfWallTime(SandboxRunner runner, Bench bench, int jobs) =>
        Measure(runner, bench.Job("idle", new ResourceLimits { WallTime = s_limit }), Verdict.WallTimeLimit, jobs);

    public static Spread OfCpuTime(SandboxRunner runner, Bench bench, int jobs) =>
        Measure(runner, bench.Job("burn", new ResourceLimits { CpuTime = s_limit }), Verdict.CpuTimeLimit, jobs);

    private static Spread Measure(SandboxRunner runner, JobSpec job, Verdict expected, int jobs) =>
        Spread.Of(Enumerable.Range(0, jobs).Select(_ =>
        {
            var result = runner.RunAsync(job, CancellationToken.None).GetAwaiter().GetResult();
            return result.Verdict == expected
                ? result.Time.Overshoot.TotalMilliseconds
                : throw new InvalidOperationException($"{result.Verdict}: {result.Error?.Message ?? result.Message}");
        }));
}
