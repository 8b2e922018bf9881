using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The wall clock holds whatever the job does with its signals, and leaves nobody behind.</summary>
[Trait("limits", "true")]
public sealed class WallTimeTests : KernelTest
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(400);

    [KernelTheory]
    [InlineData("stop_self")]
    [InlineData("sleep_forever")]
    [InlineData("burn_user")]
    public async Task A_job_that_does_not_end_is_killed_in_time(string probe)
    {
        var result = await RunAsync(Limited(probe));

        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.Equal("SIGKILL", result.Signal);
        Assert.Equal(Killer.Sandbox, result.KilledBy);
        Assert.Contains("wallTime", result.LimitsHit);
        Assert.InRange(result.Time.Wall, s_limit, s_limit + TimeSpan.FromMilliseconds(150));
    }

    [KernelFact]
    public async Task The_whole_tree_is_dead_when_the_result_is_there()
    {
        var mark = $"mark-{Guid.NewGuid():N}";

        var result = await RunAsync(Limited("sleep_forever", mark));

        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.Empty(HostProcesses.WithArgument(mark));
    }

    [KernelFact]
    public async Task A_job_that_ends_in_time_is_not_touched()
    {
        var result = await RunAsync(Limited("measure_wall", "200"));

        AssertVerdict(Verdict.Ok, result);
        Assert.InRange(result.Time.Wall, TimeSpan.FromMilliseconds(199), s_limit);
    }

    [KernelFact]
    public async Task The_time_of_set_up_is_not_the_jobs()
    {
        var result = await RunAsync(Limited("say", "quick"));

        AssertVerdict(Verdict.Ok, result);
        Assert.InRange(result.Time.Wall, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
        Assert.NotEmpty(result.Phases);
    }

    [KernelFact]
    public async Task A_job_that_only_sleeps_is_ended_by_the_idle_limit()
    {
        var job = Limited("sleep_forever");

        var result = await RunAsync(job with { Limits = job.Limits with { IdleTime = TimeSpan.FromMilliseconds(500), WallTime = TimeSpan.FromSeconds(8) } });

        AssertVerdict(Verdict.IdleLimit, result);
        Assert.InRange(result.Time.Wall, TimeSpan.FromMilliseconds(450), TimeSpan.FromSeconds(3));
    }

    [KernelFact]
    public async Task A_job_that_prints_now_and_then_is_not_idle()
    {
        var job = Probe.Tool("sh", "-c", "for line in 1 2 3 4 5 6 7; do sleep 0.3; echo $line >&2; done") with
        {
            Limits = new() { IdleTime = TimeSpan.FromSeconds(1), WallTime = TimeSpan.FromSeconds(20) },
        };

        AssertVerdict(Verdict.Ok, await RunAsync(job));
    }

    private static JobSpec Limited(string probe, params string[] arguments) => Probe.Job(probe, arguments) with
    {
        Limits = new ResourceLimits { WallTime = s_limit },
    };
}
