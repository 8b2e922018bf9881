using Sandbox.Interop;
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
        var context = Plans.Context(limits: Plans.Limits(Rlimit.Data, 5000));

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
        var context = Plans.Context(limits: Plans.Limits(Rlimit.Nproc, 65)) with { Cgroup = new() { HoldsProcesses = true } };

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

    [Fact]
    public void Every_limit_of_getrlimit_is_set_once()
    {
        var steps = Plan(CgroupPlacement.None).Steps.OfType<RlimitStep>().Select(step => step.Resource);

        Assert.Equal(Enum.GetValues<Rlimit>(), steps.Order());
    }

    [Fact]
    public void Soft_limits_are_the_hard_ones_but_for_the_stack()
    {
        var context = Plans.Context(limits: new() { SoftStack = 8 << 20, [Rlimit.Stack] = 64 << 20, [Rlimit.Cpu] = 7 });

        var steps = Plans.Of(Job, context).Steps.OfType<RlimitStep>().ToDictionary(step => step.Resource);

        Assert.All(steps.Values, step => Assert.True(step.Soft == step.Limit || step.Resource == Rlimit.Stack, step.Describe()));
        Assert.Equal((7ul, 7ul), (steps[Rlimit.Cpu].Soft, steps[Rlimit.Cpu].Limit));
        Assert.Equal((8ul << 20, 64ul << 20), (steps[Rlimit.Stack].Soft, steps[Rlimit.Stack].Limit));
    }

    [Theory]
    [InlineData("\"none\"", RlimitStep.Unlimited)]
    [InlineData("\"4MiB\"", 4ul << 20)]
    public void A_stack_that_is_asked_for_is_soft_and_hard(string stack, ulong limit)
    {
        var plan = Plans.Of($$"""{ "command": ["true"], "limits": { "stack": {{stack}} } }""");

        var step = plan.StepOf(Rlimit.Stack)!;

        Assert.Equal((limit, limit), (step.Soft, step.Limit));
    }

    [Fact]
    public void Addresses_and_data_are_limited_where_the_job_asks()
    {
        var plan = Plans.Of("""{ "command": ["true"], "limits": { "memory": "none", "addressSpace": "1GiB", "dataSegment": "1MiB" } }""");

        Assert.Equal((1ul << 30, 1ul << 20), (plan.LimitOf(Rlimit.As), plan.LimitOf(Rlimit.Data)));
        Assert.Equal("/limits/dataSegment", plan.StepOf(Rlimit.Data)!.Origin);
    }

    [Fact]
    public void The_documentation_tells_of_every_limit()
    {
        var page = Repository.Read("docs/limits.md");

        Assert.All(RlimitTable.Rows, row => Assert.Contains($"| `{row.Name}` |", page, StringComparison.Ordinal));
    }

    private static SandboxPlan Plan(CgroupPlacement cgroup) => Plans.Of(Job, Plans.Context() with { Cgroup = cgroup });
}
