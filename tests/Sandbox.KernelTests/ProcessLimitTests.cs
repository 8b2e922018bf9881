using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Tasks are counted exactly, threads and zombies included, whatever sessions they open.</summary>
[Trait("limits", "true")]
public sealed class ProcessLimitTests : KernelTest
{
    // The kernel gives back what ended processes had some time after their end, and counts it for their group until then: a bomb that
    // makes thousands in a second may have some hundred megabytes of it.
    private const long BombMemory = 4L << 30;

    private const int Limit = 32;

    [KernelTheory]
    [InlineData("fork_bomb", "")]
    [InlineData("fork_bomb", "setsid")]
    [InlineData("thread_flood", "")]
    [InlineData("zombie_flood", "")]
    public async Task No_task_is_made_beyond_the_limit(string probe, string option)
    {
        var job = Probe.Job(probe, option.Length > 0 ? ["1000", option] : ["1000"]);

        var result = await RunAsync(job with { Limits = job.Limits with { Processes = Limit } });

        AssertPrinted($"denied EAGAIN after {Limit - 1}", result);
    }

    [KernelFact]
    public async Task Two_jobs_do_not_share_one_budget()
    {
        var job = Probe.Job("fork_bomb", "20");
        var limited = job with { Limits = job.Limits with { Processes = Limit } };

        var results = await Task.WhenAll(RunAsync(limited), RunAsync(limited), RunAsync(limited));

        Assert.All(results, result => AssertPrinted("escaped: 20 children", result));
    }

    [KernelFact]
    public async Task A_fork_bomb_ends_with_the_job_and_leaves_nothing()
    {
        var job = Probe.Job("fork_bomb_forever");
        var before = HostProcesses.WithArgument("fork_bomb_forever").Count;

        var result = await RunAsync(job with { Limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(1), Processes = 200, MemoryBytes = BombMemory } });

        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.InRange(result.Time.Wall, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        Assert.Equal(before, HostProcesses.WithArgument("fork_bomb_forever").Count);
    }

    [KernelFact]
    public async Task The_host_answers_while_a_fork_bomb_runs()
    {
        var bomb = Probe.Job("fork_bomb_forever");
        var running = RunAsync(bomb with { Limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(3), Processes = 200, MemoryBytes = BombMemory } });

        var result = await RunAsync(Probe.Job("say", "still answering"));
        var bombResult = await running;

        AssertPrinted("still answering", result);
        AssertVerdict(Verdict.WallTimeLimit, bombResult);
    }
}
