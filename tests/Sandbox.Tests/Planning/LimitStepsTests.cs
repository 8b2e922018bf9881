using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class LimitStepsTests
{
    private const string Job = """{ "command": ["true"], "limits": { "memory": "1GiB", "processes": 64, "cpuTime": "1s", "idleTime": "1s" } }""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_process_reserves_is_not_limited_by_memory(bool held)
    {
        var plan = Plan(held ? new() { HoldsMemory = true } : CgroupPlacement.None);

        Assert.Equal(RlimitStep.Unlimited, plan.LimitOf(Rlimit.Data));
    }

    [Fact]
    public void What_a_process_reserves_is_still_within_the_hosts_hard_limit()
    {
        var context = Plans.Context(limits: Plans.Limits((Rlimit.Data, 5000)));

        Assert.Equal(5000ul, Plans.Of(Job, context).LimitOf(Rlimit.Data));
    }

    [Fact]
    public void Tasks_that_a_group_holds_leave_the_refusal_to_it()
    {
        var held = Plan(new() { HoldsProcesses = true });
        var counted = Plan(CgroupPlacement.None);

        Assert.Equal((72ul, 64ul), (held.LimitOf(Rlimit.Nproc), counted.LimitOf(Rlimit.Nproc)));
    }

    [Fact]
    public void Tasks_that_a_group_holds_are_still_within_the_hosts_hard_limit()
    {
        var context = Plans.Context(limits: Plans.Limits((Rlimit.Nproc, 65))) with { Cgroup = new() { HoldsProcesses = true } };

        Assert.Equal(65ul, Plans.Of(Job, context).LimitOf(Rlimit.Nproc));
    }

    [Fact]
    public void Lifted_tasks_stay_lifted_in_a_group()
    {
        var plan = Plans.Of("""{ "command": ["true"], "limits": { "processes": "none" } }""", Plans.Context() with { Cgroup = new() { HoldsProcesses = true } });

        Assert.Equal(RlimitStep.Unlimited, plan.LimitOf(Rlimit.Nproc));
    }

    [Fact]
    public void Cpu_time_that_a_group_counts_needs_no_clock()
    {
        var counted = Plan(new() { CountsCpuTime = true });
        var uncounted = Plan(new() { HoldsMemory = true, HoldsProcesses = true });

        Assert.Empty(counted.Steps.OfType<CpuClockStep>());
        Assert.Equal("/limits/cpuTime", Assert.Single(uncounted.Steps.OfType<CpuClockStep>()).Origin);
    }

    [Fact]
    public void Idleness_needs_a_clock_only_where_nothing_counts_cpu_time()
    {
        const string job = """{ "command": ["true"], "limits": { "idleTime": "1s" } }""";

        var counted = Plans.Of(job, Plans.Context() with { Cgroup = new() { CountsCpuTime = true } });

        Assert.Empty(counted.Steps.OfType<CpuClockStep>());
        Assert.Single(Plans.Of(job).Steps.OfType<CpuClockStep>());
    }

    private static SandboxPlan Plan(CgroupPlacement cgroup) => Plans.Of(Job, Plans.Context() with { Cgroup = cgroup });
}
