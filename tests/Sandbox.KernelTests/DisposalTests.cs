using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What becomes of jobs, and of calls, when the runner is disposed of.</summary>
public sealed class DisposalTests : KernelTest
{
    [KernelFact]
    public async Task A_running_job_is_cancelled()
    {
        using var runner = new SandboxRunner();
        var job = Probe.Job("sleep_forever");
        var started = System.Diagnostics.Stopwatch.StartNew();
        var running = runner.RunAsync(job with { Limits = new() { WallTime = TimeSpan.FromSeconds(50) } }, Cancellation);
        await Task.Delay(300, Cancellation);

        runner.Dispose();

        Assert.True(running.IsCompleted);
        AssertVerdict(Verdict.Cancelled, await running);
        Assert.InRange(started.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [KernelFact]
    public async Task Jobs_that_have_hardly_begun_are_cancelled_too()
    {
        using var runner = new SandboxRunner();
        var job = Probe.Job("sleep_forever");
        var running = Enumerable.Range(0, 6).Select(_ => runner.RunAsync(job, Cancellation)).ToArray();

        runner.Dispose();

        Assert.All(await Task.WhenAll(running), result => AssertVerdict(Verdict.Cancelled, result));
    }

    [KernelFact]
    public async Task A_job_that_waits_for_a_core_is_cancelled()
    {
        using var runner = new SandboxRunner(new() { LeasedCpus = "0" });
        var job = Probe.Job("sleep_forever");
        var running = new[] { runner.RunAsync(job, Cancellation), runner.RunAsync(job, Cancellation) };
        await Task.Delay(200, Cancellation);

        runner.Dispose();

        Assert.All(await Task.WhenAll(running), result => AssertVerdict(Verdict.Cancelled, result));
    }

    [KernelFact]
    public async Task A_runner_that_was_disposed_of_says_so()
    {
        var runner = new SandboxRunner();
        AssertVerdict(Verdict.Ok, await runner.RunAsync(Probe.Job("say"), Cancellation));
        runner.Dispose();
        runner.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => runner.RunAsync(Probe.Job("say"), Cancellation));
        Assert.Throws<ObjectDisposedException>(() => runner.DescribePlan(Probe.Job("say")));
        Assert.Throws<ObjectDisposedException>(() => runner.SummarizePlan(Probe.Job("say")));
    }

    [KernelFact]
    public async Task A_job_is_either_cancelled_or_refused_whenever_the_end_comes()
    {
        for (var round = 0; round < 10; round++)
        {
            var runner = new SandboxRunner();
            var ending = Task.Run(() => runner.Dispose(), Cancellation);
            Task<JobResult>? running = null;
            try
            {
                running = runner.RunAsync(Probe.Job("sleep_forever"), Cancellation);
            }
            catch (ObjectDisposedException)
            {
                // It came first.
            }

            await ending;
            if (running is not null)
            {
                AssertVerdict(Verdict.Cancelled, await running);
            }
        }
    }
}
