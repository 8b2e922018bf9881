using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a result tells agrees with what the job measured of itself, whatever measures it.</summary>
/// <remarks>The bounds are wide: a busy machine must not break them, and counting a child twice or not at all must.</remarks>
[Trait("limits", "true")]
[Trait("alone", "true")]
public sealed class AccuracyTests : KernelTest
{
    private const string Spent = "300";
    private const long Held = 64L << 20;
    private const long Slack = 16L << 20;

    private static readonly TimeSpan s_slack = TimeSpan.FromMilliseconds(20);

    // What lies outside of main takes half a millisecond, and as long as others hold the CPUs.
    private static readonly TimeSpan s_startAndEnd = TimeSpan.FromMilliseconds(250);

    [KernelTheory(Needs.NativeKernel)]
    [InlineData("user")]
    [InlineData("system")]
    [InlineData("threads")]
    [InlineData("children")]
    [InlineData("orphan")]
    public async Task Cpu_time_is_what_the_job_spent(string kind)
    {
        var result = await RunAsync(Accounting(kind, Spent));

        var account = Parse(result);
        AssertBetween(account.Cpu * 0.95 - s_slack, result.Time.Cpu, MaxCpu(result, account), result);
        AssertBetween(account.WaitedCpu * 0.95 - s_slack, result.Time.Cpu, TimeSpan.MaxValue, result);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task Cpu_time_of_children_nobody_waits_for_is_in_it()
    {
        var result = await RunAsync(Accounting("unwaited", Spent));

        var account = Parse(result);
        // Without a counter of the kernel, what such a child uses after the last look at it is lost.
        var least = CountsCpu(result) ? account.Cpu * 0.95 - s_slack : account.Cpu * 0.25;
        AssertBetween(least, result.Time.Cpu, MaxCpu(result, account), result);
        Assert.True(account.WaitedCpu < account.Cpu / 2, "the probe waited for its children after all");
    }

    [KernelTheory(Needs.NativeKernel)]
    [InlineData("user")]
    [InlineData("unwaited")]
    public async Task User_and_system_time_are_all_of_it(string kind)
    {
        var result = await RunAsync(Accounting(kind, Spent));

        AssertVerdict(Verdict.Ok, result);
        AssertBetween(result.Time.Cpu - TimeSpan.FromMilliseconds(1), result.Time.User + result.Time.System, result.Time.Cpu + TimeSpan.FromMilliseconds(1), result);
    }

    [KernelTheory(Needs.NativeKernel)]
    [InlineData("sleep", "200")]
    [InlineData("threads", Spent)]
    [InlineData("orphan", Spent)]
    public async Task Wall_time_is_that_of_the_job(string kind, string amount)
    {
        var result = await RunAsync(Accounting(kind, amount));

        var account = Parse(result);
        AssertBetween(account.Wall - TimeSpan.FromMilliseconds(1), result.Time.Wall, account.Wall * 1.1 + s_startAndEnd, result);
    }

    [KernelTheory(Needs.NativeKernel)]
    [InlineData("anonymous")]
    [InlineData("memfd")]
    [InlineData("tmpfs")]
    [InlineData("copied")]
    public async Task Peak_memory_is_what_the_job_held(string kind)
    {
        var result = await RunAsync(Accounting(kind, $"{Held}"));

        var account = Parse(result);
        // The watchdog adds up resident sets, and looks at what they share only near the limit.
        var most = kind == "copied" && !HoldsMemory(result) ? 2 * Held : Held;
        Assert.Equal(Held, account.Bytes);
        Assert.True(result.Memory.PeakBytes >= Held && result.Memory.PeakBytes <= most + Slack, Describe(result));
        Assert.True(result.Memory.PeakBytes >= account.LargestResidentBytes - Slack, Describe(result));
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_later_run_is_not_charged_for_an_earlier_one()
    {
        await RunAsync(Accounting("user", Spent));
        await RunAsync(Accounting("anonymous", $"{Held}"));

        var result = await RunAsync(Accounting("sleep", "50"));

        AssertBetween(TimeSpan.Zero, result.Time.Cpu, TimeSpan.FromMilliseconds(100), result);
        Assert.InRange(result.Memory.PeakBytes, 0, Slack);
    }

    private static JobSpec Accounting(string kind, string amount) => Probe.Job("account", kind, amount) with
    {
        Limits = new ResourceLimits { CpuTime = TimeSpan.FromSeconds(10), WallTime = TimeSpan.FromSeconds(20) },
    };

    private static Account Parse(JobResult result)
    {
        AssertVerdict(Verdict.Ok, result);
        return Account.Parse(Out(result).TrimEnd('\n'));
    }

    // The task clock charges some 10 to 20 us more for each switch to another process and back than the scheduler does, and
    // on a crowded machine there are thousands a second.
    private static TimeSpan MaxCpu(JobResult result, Account account) =>
        account.Cpu * (CpuBy(result) == Mechanism.Perf ? 1.5 : 1.1) + s_slack;

    private static bool CountsCpu(JobResult result) => CpuBy(result) is not Mechanism.Watchdog;

    private static bool HoldsMemory(JobResult result) => result.Enforcement["memory"].By.IsCgroup();

    private static Mechanism CpuBy(JobResult result) => result.Enforcement["cpuTime"].By;

    private static void AssertBetween(TimeSpan least, TimeSpan told, TimeSpan most, JobResult result) =>
        Assert.True(told >= least && told <= most, $"{told} is not between {least} and {most}: {Describe(result)}");
}
