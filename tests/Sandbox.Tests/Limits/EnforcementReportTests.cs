using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class EnforcementReportTests
{
    private static readonly ResourceLimits s_limits = new() { CpuTime = TimeSpan.FromSeconds(2), IdleTime = TimeSpan.FromSeconds(1), StackBytes = 8 << 20 };

    [Theory]
    [InlineData("cpuTime", "perf", 2)]
    [InlineData("wallTime", "timer", 60)]
    [InlineData("idleTime", "watchdog", 1)]
    [InlineData("memory", "watchdog", 536870912)]
    [InlineData("processes", "rlimit", 128)]
    [InlineData("output", "pipe", 16777216)]
    [InlineData("fileSize", "rlimit", 67108864)]
    [InlineData("openFiles", "rlimit", 256)]
    [InlineData("stack", "rlimit", 8388608)]
    [InlineData("disk", "tmpfs", 268435456)]
    public void Every_limit_names_what_holds_it(string name, string by, double value)
    {
        var entry = EnforcementReport.Build(s_limits, Facts())[name];

        Assert.Equal((by, value, value), (entry.By, entry.Requested, entry.Effective));
    }

    [Fact]
    public void Without_a_task_clock_the_watchdog_holds_cpu_time() =>
        Assert.Equal("watchdog", EnforcementReport.Build(s_limits, Facts() with { PerfAvailable = false })["cpuTime"].By);

    [Fact]
    public void The_watchdog_tells_of_tasks_it_cannot_have_seen()
    {
        var facts = Facts() with { PerfAvailable = false, UnseenTasks = 70 };

        Assert.EndsWith("; about 70 tasks came and went between two looks", EnforcementReport.Build(s_limits, facts)["cpuTime"].Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "SysV segments, page tables and socket buffers; not seen")]
    [InlineData(false, "pipe and socket buffers; pages")]
    public void The_watchdog_tells_whether_it_sees_socket_buffers(bool seen, string words)
    {
        var facts = Facts() with { SocketsSeen = seen };

        Assert.Contains(words, EnforcementReport.Build(s_limits, facts)["memory"].Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_above_the_hosts_hard_limit_is_clamped_and_says_so()
    {
        var entry = EnforcementReport.Build(s_limits, Facts() with { Ceilings = new() { OpenFiles = 100 } })["openFiles"];

        Assert.Equal((256, 100, "clamped to the host's hard limit"), (entry.Requested, entry.Effective, entry.Note));
    }

    [Fact]
    public void A_lifted_limit_is_held_by_none()
    {
        var entry = EnforcementReport.Build(new() { MemoryBytes = null }, Facts())["memory"];

        Assert.Equal((null, null, "none"), (entry.Requested, entry.Effective, entry.By));
    }

    [Fact]
    public void A_limit_that_was_not_asked_for_is_not_listed() =>
        Assert.DoesNotContain("cpuTime", EnforcementReport.Build(new(), Facts()));

    [Theory]
    [InlineData("processes")]
    [InlineData("disk")]
    [InlineData("wallTime")]
    [InlineData("fileSize")]
    public void A_limit_held_by_the_kernel_may_be_required(string name)
    {
        var exception = Record.Exception(() => Check(Facts(), name));

        Assert.Null(exception);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("cpuTime")]
    [InlineData("idleTime")]
    [InlineData("cpus")]
    public void A_limit_not_held_by_the_kernel_may_not_be_required(string name)
    {
        var exception = Assert.Throws<SandboxException>(() => Check(Facts(), "processes", name));

        Assert.Equal(("prepare", "/require/1"), (exception.Phase, exception.Pointer));
        Assert.StartsWith($"required limit {name}: ", exception.Message, StringComparison.Ordinal);
        Assert.NotNull(exception.Hint);
    }

    [Fact]
    public void A_required_limit_may_not_be_clamped()
    {
        var exception = Assert.Throws<SandboxException>(() => Check(Facts() with { Ceilings = new() { Processes = 64 } }, "processes"));

        Assert.Equal("required limit processes: the host's hard limit allows 64, the job asks for 128", exception.Message);
    }

    [Fact]
    public void The_hosts_own_hard_limits_can_be_read() => Assert.True(HostCeilings.Read().OpenFiles is null or > 0);

    private static void Check(EnforcementFacts facts, params string[] require) =>
        EnforcementReport.Check(require, EnforcementReport.Build(s_limits, facts), facts.Cgroup);

    private static EnforcementFacts Facts() => new() { PerfAvailable = true, Ceilings = new() };
}
