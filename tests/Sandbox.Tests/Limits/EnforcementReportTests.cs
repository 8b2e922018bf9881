using Sandbox.Interop;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class EnforcementReportTests
{
    private static readonly ResourceLimits s_limits = new() { CpuTime = TimeSpan.FromSeconds(2), IdleTime = TimeSpan.FromSeconds(1), StackBytes = 8 << 20 };

    [Theory]
    [InlineData("cpuTime", Mechanism.Perf, 2)]
    [InlineData("wallTime", Mechanism.Timer, 60)]
    [InlineData("idleTime", Mechanism.Watchdog, 1)]
    [InlineData("memory", Mechanism.Watchdog, 536870912)]
    [InlineData("processes", Mechanism.Rlimit, 128)]
    [InlineData("output", Mechanism.Pipe, 16777216)]
    [InlineData("fileSize", Mechanism.Rlimit, 67108864)]
    [InlineData("openFiles", Mechanism.Rlimit, 256)]
    [InlineData("stack", Mechanism.Rlimit, 8388608)]
    [InlineData("disk", Mechanism.Tmpfs, 268435456)]
    public void Every_limit_names_what_holds_it(string name, Mechanism by, double value)
    {
        var entry = EnforcementReport.Build(s_limits, Facts())[name];

        Assert.Equal((by, value, value), (entry.By, entry.Requested, entry.Effective));
    }

    [Fact]
    public void Without_a_task_clock_the_watchdog_holds_cpu_time() =>
        Assert.Equal(Mechanism.Watchdog, EnforcementReport.Build(s_limits, Facts() with { PerfAvailable = false })["cpuTime"].By);

    [Fact]
    public void The_watchdog_tells_of_tasks_it_cannot_have_seen()
    {
        var facts = Facts() with { PerfAvailable = false, UnseenTasks = 70 };

        Assert.EndsWith("; about 70 tasks came and went between two looks: missed, if they were such", EnforcementReport.Build(s_limits, facts)["cpuTime"].Note, StringComparison.Ordinal);
    }

    [Fact]
    public void The_clock_tells_of_tasks_that_it_may_have_missed()
    {
        const string counted = "inherited task clock, /proc and rusage: the largest counts";
        const string missed = "; about 70 tasks came and went between two looks: missed, if a program that may not be read started them";

        Assert.Equal(counted, Note(Facts()));
        Assert.Equal(counted + missed, Note(Facts() with { UnseenTasks = 70 }));
        Assert.Equal(
            counted + "; the job stopped the clock by executing a file that it may not read" + missed,
            Note(Facts() with { UnseenTasks = 70, ClockLost = true }));

        static string? Note(EnforcementFacts facts) => EnforcementReport.Build(s_limits, facts)["cpuTime"].Note;
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
        var entry = EnforcementReport.Build(s_limits, Facts() with { Ceilings = new() { [Rlimit.Nofile] = 100 } })["openFiles"];

        Assert.Equal((256, 100, "clamped to the host's hard limit"), (entry.Requested, entry.Effective, entry.Note));
    }

    [Fact]
    public void Cpu_time_above_the_hosts_hard_limit_is_clamped_and_says_so()
    {
        var entry = EnforcementReport.Build(s_limits, Facts() with { Ceilings = new() { [Rlimit.Cpu] = 1 } })["cpuTime"];

        Assert.Equal((2, 1, Mechanism.Perf), (entry.Requested, entry.Effective, entry.By));
        Assert.StartsWith("clamped to the host's hard limit", entry.Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpuTime", "Cpu")]
    [InlineData("fileSize", "Fsize")]
    [InlineData("openFiles", "Nofile")]
    [InlineData("processes", "Nproc")]
    [InlineData("stack", "Stack")]
    [InlineData("addressSpace", "As")]
    [InlineData("dataSegment", "Data")]
    public void A_hard_limit_of_the_host_holds_a_job_that_asks_for_none(string name, string resource)
    {
        var lifted = new ResourceLimits { FileSizeBytes = null, OpenFiles = null, Processes = null, StackBytes = ResourceLimits.Unlimited };

        var entry = EnforcementReport.Build(lifted, Facts() with { Ceilings = new() { [Enum.Parse<Rlimit>(resource)] = 77 } })[name];

        Assert.Equal((null, 77, Mechanism.Rlimit), (entry.Requested, entry.Effective, entry.By));
        Assert.StartsWith("not asked for: the host's hard limit", entry.Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("addressSpace")]
    [InlineData("dataSegment")]
    public void What_one_process_may_map_is_held_by_an_rlimit(string name)
    {
        var asked = new ResourceLimits { AddressSpaceBytes = 1 << 30, DataSegmentBytes = 1 << 30 };

        var entry = EnforcementReport.Build(asked, Facts())[name];

        Assert.Equal((1 << 30, 1 << 30, Mechanism.Rlimit, null), (entry.Requested, entry.Effective, entry.By, entry.Note));
        Assert.DoesNotContain(name, EnforcementReport.Build(new(), Facts()));
    }

    [Fact]
    public void A_lifted_stack_is_listed()
    {
        var entry = EnforcementReport.Build(new() { StackBytes = ResourceLimits.Unlimited }, Facts())["stack"];

        Assert.Equal((null, null, Mechanism.None), (entry.Requested, entry.Effective, entry.By));
    }

    [Fact]
    public void A_disk_is_whole_pages()
    {
        var entry = EnforcementReport.Build(new() { DiskBytes = 1 }, Facts())["disk"];

        Assert.Equal((1, Environment.SystemPageSize, "rounded up to whole pages"), (entry.Requested, entry.Effective, entry.Note));
    }

    [Fact]
    public void Required_cpu_time_may_not_be_clamped()
    {
        var facts = Facts() with { Ceilings = new() { [Rlimit.Cpu] = 1 } };

        var exception = Assert.Throws<SandboxException>(() => Check(facts, "cpuTime"));

        Assert.Equal("required limit cpuTime: the host's hard limit allows 1, the job asks for 2", exception.Message);
    }

    [Fact]
    public void A_lifted_limit_is_held_by_none()
    {
        var entry = EnforcementReport.Build(new() { MemoryBytes = null }, Facts())["memory"];

        Assert.Equal((null, null, Mechanism.None), (entry.Requested, entry.Effective, entry.By));
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

        Assert.Equal((JobPhase.Prepare, "/require/1"), (exception.Phase, exception.Pointer));
        Assert.StartsWith($"required limit {name}: ", exception.Message, StringComparison.Ordinal);
        Assert.NotNull(exception.Hint);
    }

    [Fact]
    public void A_required_limit_may_not_be_clamped()
    {
        var exception = Assert.Throws<SandboxException>(() => Check(Facts() with { Ceilings = new() { [Rlimit.Nproc] = 64 } }, "processes"));

        Assert.Equal("required limit processes: the host's hard limit allows 64, the job asks for 128", exception.Message);
    }

    private static void Check(EnforcementFacts facts, params string[] require) =>
        RequireCheck.Check(require, EnforcementReport.Build(s_limits, facts), facts.Cgroup);

    private static EnforcementFacts Facts() => new() { PerfAvailable = true, Ceilings = new() };
}
