using System.Collections.Concurrent;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What is told of a job while it lives: everything, in order, and at nobody's expense.</summary>
public sealed class JobEventTests : KernelTest
{
    private static readonly JobEventKind[] s_notStarted = [JobEventKind.Created, JobEventKind.Completed];

    [KernelFact]
    public async Task They_come_in_order_and_as_far_apart_as_the_phases()
    {
        await using var job = await Runner.StartAsync(Probe.Job("say", "hello"), Cancellation);

        var events = await AllOf(job);
        var result = await job.WaitAsync(Cancellation);

        Assert.Equal(Enum.GetValues<JobEventKind>(), events.Select(happened => happened.Kind));
        Assert.Equal(events.OrderBy(happened => happened.At), events);
        Assert.All(events, happened => Assert.Equal((job.Id, "say"), (happened.JobId, happened.JobName)));
        Assert.Same(result, events[^1].Result);
        AssertPhase(result, JobPhase.Run, events[1], events[2]);
        AssertPhase(result, JobPhase.Collect, events[2], events[3]);
    }

    [KernelFact]
    public async Task A_start_is_told_while_the_job_runs()
    {
        await using var job = await Runner.StartAsync(Probe.Job("sleep_forever"), Cancellation);

        await foreach (var happened in job.Events.WithCancellation(Cancellation))
        {
            if (happened.Kind == JobEventKind.Started)
            {
                job.Kill();
            }
        }

        AssertVerdict(Verdict.Cancelled, await job.WaitAsync(Cancellation));
    }

    [KernelFact]
    public async Task A_job_that_does_not_start_is_created_and_completed()
    {
        var invalid = Probe.Job("say") with { Mounts = [Probe.Mount, Mount.Bind("/absent/directory", "/data")] };

        foreach (var (spec, verdict) in new[] { (Probe.Job("absent"), Verdict.ExecFailed), (invalid, Verdict.SetupError) })
        {
            await using var job = await Runner.StartAsync(spec, Cancellation);
            var events = await AllOf(job);
            Assert.Equal(s_notStarted, events.Select(happened => happened.Kind));
            AssertVerdict(verdict, events[^1].Result!);
        }
    }

    [KernelFact]
    public async Task An_observer_hears_of_every_job_in_order()
    {
        var heard = new ConcurrentQueue<JobEvent>();
        await using var runner = new SandboxRunner(new() { OnEvent = heard.Enqueue });

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => runner.RunAsync(Probe.Job("say", $"{number}"), Cancellation)));
        await runner.DrainAsync(Cancellation);

        Assert.All(results, result => AssertVerdict(Verdict.Ok, result));
        var byJob = heard.GroupBy(happened => happened.JobId).ToList();
        Assert.Equal(8, byJob.Count);
        Assert.All(byJob, job => Assert.Equal(Enum.GetValues<JobEventKind>(), job.Select(happened => happened.Kind)));
    }

    [KernelFact]
    public async Task An_observer_who_stands_still_keeps_no_job()
    {
        using var stands = new ManualResetEventSlim();
        var heard = 0;
        await using var runner = new SandboxRunner(new()
        {
            OnEvent = _ =>
            {
                stands.Wait();
                heard++;
                throw new InvalidOperationException("and throws");
            },
        });

        for (var number = 0; number < 3; number++)
        {
            AssertVerdict(Verdict.Ok, await runner.RunAsync(Probe.Job("say"), Cancellation));
        }

        await runner.DisposeAsync();
        Assert.Equal(0, heard);
        stands.Set();
        await runner.DrainAsync(Cancellation);
        Assert.Equal(15, heard);
    }

    [KernelFact]
    public async Task An_observer_may_dispose_of_the_runner()
    {
        SandboxRunner? runner = null;
        runner = new SandboxRunner(new()
        {
            OnEvent = happened =>
            {
                if (happened.Kind == JobEventKind.Started)
                {
                    runner!.Dispose();
                }
            },
        });

        AssertVerdict(Verdict.Cancelled, await runner.RunAsync(Probe.Job("sleep_forever"), Cancellation));
        await runner.DrainAsync(Cancellation);
    }

    private static void AssertPhase(JobResult result, JobPhase name, JobEvent from, JobEvent to)
    {
        var phase = Assert.Single(result.Phases, phase => phase.Phase == name);

        Assert.InRange((to.At - from.At).TotalMicroseconds - phase.Microseconds, -2, 2);
    }

    private static async Task<List<JobEvent>> AllOf(SandboxJob job)
    {
        var events = new List<JobEvent>();
        await foreach (var happened in job.Events.WithCancellation(Cancellation))
        {
            events.Add(happened);
        }

        return events;
    }
}
