using Xunit;

namespace Sandbox.KernelTests;

/// <summary>CPU time is that of the whole tree, system time included, whoever the parent is.</summary>
[Trait("limits", "true")]
public sealed class CpuTimeTests : KernelTest
{
    private static readonly TimeSpan s_budget = TimeSpan.FromMilliseconds(500);

    [KernelTheory]
    [InlineData("burn_user")]
    [InlineData("burn_system")]
    [InlineData("burn_orphan")]
    [InlineData("burn_sibling")]
    [InlineData("burn_leaderless")]
    [InlineData("burn_disguised")]
    public async Task A_burner_is_stopped_near_its_budget(string probe)
    {
        var result = await RunAsync(Burning(probe));

        AssertVerdict(Verdict.CpuTimeLimit, result);
        Assert.Contains("cpuTime", result.LimitsHit);
        Assert.Equal("SIGKILL", result.Signal);
        Assert.Equal(Killer.Sandbox, result.KilledBy);
        Assert.InRange(result.Time.Cpu, TimeSpan.FromMilliseconds(480), TimeSpan.FromMilliseconds(900));
    }

    [KernelFact]
    public async Task Two_threads_burn_twice_as_fast()
    {
        var result = await RunAsync(Burning("burn_user", "2"));

        AssertVerdict(Verdict.CpuTimeLimit, result);
        Assert.InRange(result.Time.Cpu, TimeSpan.FromMilliseconds(480), TimeSpan.FromMilliseconds(1000));
    }

    [KernelFact]
    public async Task A_program_that_may_not_be_read_burns_on_the_same_budget()
    {
        var result = await RunAsync(Burning("burn_unreadable"));

        AssertVerdict(Verdict.CpuTimeLimit, result);
        Assert.InRange(result.Time.Cpu, TimeSpan.FromMilliseconds(480), TimeSpan.FromMilliseconds(900));
    }

    [KernelTheory]
    [InlineData("first")]
    [InlineData("child")]
    [InlineData("dumpable")]
    public async Task What_a_program_that_may_not_be_read_starts_is_counted_or_said_to_be_missed(string how)
    {
        var job = Probe.Job("burn_missed", how, "2000") with { Limits = new ResourceLimits { CpuTime = s_budget, WallTime = TimeSpan.FromSeconds(10) } };

        var result = await RunAsync(job);

        if (result.Verdict == Verdict.CpuTimeLimit)
        {
            return;
        }

        AssertVerdict(Verdict.Ok, result);
        Assert.Contains("missed", result.Enforcement["cpuTime"].Note, StringComparison.Ordinal);
        Assert.False(result.Enforcement["cpuTime"].By.IsCgroup());
    }

    [KernelFact]
    public async Task Nothing_is_said_to_be_missed_of_a_job_without_children()
    {
        var result = await RunAsync(Burning("measure_wall", "200"));

        AssertVerdict(Verdict.Ok, result);
        Assert.DoesNotContain("missed", result.Enforcement["cpuTime"].Note ?? "", StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_first_process_that_stops_the_clock_is_told_of()
    {
        var job = Probe.Job("burn_missed", "first", "1000") with { Limits = new ResourceLimits { CpuTime = TimeSpan.FromSeconds(20) } };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.Ok, result);
        if (result.Enforcement["cpuTime"].By == Mechanism.Perf)
        {
            Assert.Contains("the job stopped the clock", result.Enforcement["cpuTime"].Note, StringComparison.Ordinal);
        }
    }

    [KernelFact]
    public async Task Long_lived_children_nobody_waits_for_are_charged()
    {
        var result = await RunAsync(Burning("burn_children", "30"));

        AssertVerdict(Verdict.CpuTimeLimit, result);
    }

    [KernelFact]
    public async Task Short_lived_children_nobody_waits_for_are_bounded_at_least_by_wall_time()
    {
        var job = Burning("burn_children", "0.01");

        var result = await RunAsync(job with { Limits = job.Limits with { WallTime = TimeSpan.FromSeconds(3) } });

        Assert.True(result.Verdict is Verdict.CpuTimeLimit or Verdict.WallTimeLimit, Describe(result));
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task System_time_is_reported_as_system_time()
    {
        var result = await RunAsync(Burning("burn_system"));

        AssertVerdict(Verdict.CpuTimeLimit, result);
        Assert.True(result.Time.System > result.Time.Cpu / 5, Describe(result));
    }

    [KernelFact]
    public async Task Sleeping_costs_nothing()
    {
        var result = await RunAsync(Probe.Job("measure_wall", "700"));

        AssertVerdict(Verdict.Ok, result);
        Assert.InRange(result.Time.Cpu, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
        Assert.InRange(result.Time.Wall, TimeSpan.FromMilliseconds(700), TimeSpan.FromMilliseconds(1200));
    }

    [KernelFact]
    public async Task What_holds_the_budget_is_reported()
    {
        var result = await RunAsync(Burning("burn_user"));

        Assert.True(result.Enforcement.TryGetValue("cpuTime", out var enforcement), Describe(result));
        Assert.Equal(s_budget.TotalSeconds, enforcement.Requested);
        Assert.NotEqual(Mechanism.None, enforcement.By);
    }

    private static JobSpec Burning(string probe, params string[] arguments) => Probe.Job(probe, arguments) with
    {
        Limits = new ResourceLimits { CpuTime = s_budget, WallTime = TimeSpan.FromSeconds(10) },
    };
}
