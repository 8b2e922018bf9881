using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Thousands of jobs leave the host as they found it, and none is confused with another.</summary>
[Trait("limits", "true")]
public sealed class StressTests : KernelTest
{
    [KernelFact(Needs.NativeKernel, Timeout = 180_000)]
    public async Task Two_thousand_jobs_in_a_row_leave_nothing_behind()
    {
        // With the check, whose assemblies are loaded when they are first needed, and stay open.
        AssertPrinted("warm", await RunAsync(Probe.Job("say", "warm")));
        var before = await WarmFootprintAsync();

        for (var number = 0; number < 2000; number++)
        {
            var result = await Runner.RunAsync(Probe.Job("say", $"{number}"), TestContext.Current.CancellationToken);
            AssertPrinted($"{number}", result);
        }

        await AssertNoGrowthAsync(before);
    }

    [KernelFact(Timeout = 60_000)]
    public async Task Sixty_four_jobs_at_once_are_all_right()
    {
        await RunAsync(Probe.Job("say", "warm"));
        var before = await WarmFootprintAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 64)
            .Select(number => Runner.RunAsync(Probe.Job("say", $"{number}"), TestContext.Current.CancellationToken)));

        Assert.Equal(Enumerable.Range(0, 64).Select(number => $"{number}\n"), results.Select(Out));
        Assert.All(results, result => AssertVerdict(Verdict.Ok, result));
    }

    [KernelFact(Needs.NativeKernel, Timeout = 60_000)]
    public async Task Fresh_executables_are_never_busy()
    {
        var script = VerdictTests.Text("/work/run", "#!/probes/say\n", "0755");

        for (var round = 0; round < 20; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 8)
                .Select(_ => Runner.RunAsync(Probe.Job("say") with { Command = ["/work/run"], Files = [script] }, TestContext.Current.CancellationToken)));

            Assert.All(results, result => AssertPrinted("/work/run", result));
        }
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task Failing_jobs_leave_nothing_behind_either()
    {
        await RunAsync(Probe.Job("absent"));
        var before = await WarmFootprintAsync();

        for (var number = 0; number < 50; number++)
        {
            await RunAsync(Probe.Job("absent"));
            await RunAsync(Probe.Job("self_signal", "9"));
            await RunAsync(Probe.Job("say") with { Mounts = [Probe.Mount, new TmpfsMount { Target = "/a/b/c", SizeBytes = 4096 }] });
        }

        await AssertNoGrowthAsync(before);
    }

    [KernelFact]
    public async Task Stopped_jobs_leave_nothing_behind_either()
    {
        var late = Probe.Job("sleep_forever") with { Limits = new ResourceLimits { WallTime = TimeSpan.FromMilliseconds(20) } };
        var loud = Probe.Job("flood", "1", "2") with { Limits = new ResourceLimits { OutputBytes = 4096 } };
        var wrong = Probe.Job("say") with { Mounts = [Probe.Mount, new BindMount { Source = "/no/such/directory", Target = "/x" }] };
        await StopAllAsync(late, loud, wrong);
        var before = await WarmFootprintAsync();

        for (var number = 0; number < 20; number++)
        {
            await StopAllAsync(late, loud, wrong);
        }

        await AssertNoGrowthAsync(before);
    }

    [KernelFact(Timeout = 60_000)]
    public async Task A_disposed_runner_leaves_no_process()
    {
        var before = HostProcesses.Children().Count;

        for (var round = 0; round < 10; round++)
        {
            using var runner = new SandboxRunner();
            await runner.RunAsync(Probe.Job("say", "x"), TestContext.Current.CancellationToken);
        }

        Assert.Equal(before, HostProcesses.Children().Count);
    }

    private async Task StopAllAsync(JobSpec late, JobSpec loud, JobSpec wrong)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var cancelled = Runner.RunAsync(Probe.Job("sleep_forever"), cancel.Token);
        AssertVerdict(Verdict.WallTimeLimit, await RunAsync(late));
        AssertVerdict(Verdict.OutputLimit, await RunAsync(loud));
        AssertVerdict(Verdict.SetupError, await RunAsync(wrong));
        await cancel.CancelAsync();
        AssertVerdict(Verdict.Cancelled, await cancelled);
    }

    // What a host makes ahead for its next jobs, it makes after its first one: until two takes agree.
    private static async Task<Footprint> WarmFootprintAsync()
    {
        var before = Footprint.Take();
        for (; ; )
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            var now = Footprint.Take();
            if (now == before)
            {
                return now;
            }

            before = now;
        }
    }

    // A result is there when the job's processes are dead; its namespaces go in the moments after. Fewer is fine: what
    // earlier tests left to the garbage collector may go at any moment.
    private static async Task AssertNoGrowthAsync(Footprint before)
    {
        var deadline = Environment.TickCount64 + 10_000;
        var after = Footprint.Take();
        while (!IsNoMore(after, before) && Environment.TickCount64 < deadline)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
            after = Footprint.Take();
        }

        Assert.True(IsNoMore(after, before), $"{before} became {after}");
    }

    private static bool IsNoMore(Footprint after, Footprint before) =>
        after.Descriptors <= before.Descriptors && after with { Descriptors = 0 } == before with { Descriptors = 0 };
}
