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

        Assert.Equal(0, runner.RunningJobs);
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
        await Assert.ThrowsAsync<ObjectDisposedException>(() => runner.StartAsync(Probe.Job("say"), Cancellation));
    }

    [KernelFact]
    public async Task Whatever_keeps_a_job_from_beginning_comes_through_the_task()
    {
        var runner = new SandboxRunner();
        var invalid = Probe.Job("say") with { Command = [] };
        var refused = new List<Task> { runner.RunAsync(invalid, Cancellation), runner.StartAsync(invalid, Cancellation) };
        await runner.DrainAsync(Cancellation);
        refused.AddRange([runner.RunAsync(Probe.Job("say"), Cancellation), runner.StartAsync(Probe.Job("say"), Cancellation)]);
        await runner.DisposeAsync();
        refused.AddRange([runner.RunAsync(Probe.Job("say"), Cancellation), runner.StartAsync(Probe.Job("say"), Cancellation)]);

        var thrown = refused.Select(task => task.Exception!.InnerException!.GetType());

        Type[] expected = [typeof(InvalidJobException), typeof(JobRefusedException), typeof(ObjectDisposedException)];
        Assert.Equal(expected.SelectMany(type => new[] { type, type }), thrown);
    }

    [KernelFact]
    public async Task Disposing_asynchronously_ends_running_jobs()
    {
        var runner = new SandboxRunner();
        var running = Enumerable.Range(0, 4).Select(_ => runner.RunAsync(Probe.Job("sleep_forever"), Cancellation)).ToArray();
        await Task.Delay(200, Cancellation);

        var once = runner.DisposeAsync().AsTask();
        var twice = runner.DisposeAsync().AsTask();
        Assert.False(twice.IsCompleted);
        await Task.WhenAll(once, twice);
        runner.Dispose();

        Assert.All(running, job => Assert.True(job.IsCompleted));
        Assert.All(await Task.WhenAll(running), result => AssertVerdict(Verdict.Cancelled, result));
        Assert.Equal(0, runner.RunningJobs);
    }

    [KernelFact]
    public async Task A_runner_that_drains_takes_no_job_and_waits_for_those_it_has()
    {
        await using var runner = new SandboxRunner();
        await using var job = await runner.StartAsync(Probe.Tool("cat") with { Stdin = Stdin.Live }, Cancellation);

        var drain = runner.DrainAsync(Cancellation);

        await Assert.ThrowsAsync<JobRefusedException>(() => runner.RunAsync(Probe.Job("say"), Cancellation));
        Assert.False(drain.IsCompleted);
        Assert.Equal(1, runner.RunningJobs);
        job.Stdin.Close();
        await drain;
        AssertVerdict(Verdict.Ok, await job.WaitAsync(Cancellation));
    }

    [KernelFact]
    public async Task Whoever_gives_up_draining_leaves_the_jobs_running()
    {
        await using var runner = new SandboxRunner();
        using var impatience = new CancellationTokenSource(50);
        await using var job = await runner.StartAsync(Probe.Tool("cat") with { Stdin = Stdin.Live }, Cancellation);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runner.DrainAsync(impatience.Token));
        job.Stdin.Close();

        AssertVerdict(Verdict.Ok, await job.WaitAsync(Cancellation));
        await runner.DrainAsync(Cancellation);
    }

    [KernelFact]
    public async Task A_job_is_either_cancelled_or_refused_whenever_the_end_comes()
    {
        for (var round = 0; round < 10; round++)
        {
            var runner = new SandboxRunner();
            var ending = Task.Run(() => runner.Dispose(), Cancellation);
            var running = runner.RunAsync(Probe.Job("sleep_forever"), Cancellation);

            await ending;
            if (running.Exception?.InnerException is not ObjectDisposedException)
            {
                AssertVerdict(Verdict.Cancelled, await running);
            }
        }
    }
}
