using Sandbox.Resources.Cores;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class CgroupEnforcementTests
{
    private const long Mebibyte = 1 << 20;
    private const string Outer = "a control group above the job's allows no more";

    private static readonly ResourceLimits s_limits = new()
    {
        CpuTime = TimeSpan.FromSeconds(2),
        MemoryBytes = 512 * Mebibyte,
        Processes = 128,
        Cpus = 1.5,
        MemoryHighBytes = 256 * Mebibyte,
        IoReadBytes = Mebibyte,
        IoWriteBytes = 2 * Mebibyte,
    };

    [Theory]
    [InlineData("cgroup2")]
    [InlineData("cgroup1")]
    public void A_control_group_holds_memory_cpu_time_and_processes(string by)
    {
        var report = Build(new() { MemoryBy = by, MemoryBytes = 512 * Mebibyte, CpuTimeBy = by, TasksBy = by, Tasks = 128 });

        Assert.Equal(Held(512 * Mebibyte, by), report["memory"]);
        Assert.Equal(Held(2, by), report["cpuTime"]);
        Assert.Equal(Held(128, by), report["processes"]);
    }

    [Fact]
    public void Every_control_of_the_kernel_is_reported_with_what_is_in_force()
    {
        var report = Build(All());

        Assert.Equal(Held(1.5, "cgroup2"), report["cpus"]);
        Assert.Equal(Held(256 * Mebibyte, "cgroup2"), report["memoryHigh"]);
        Assert.Equal(Held(Mebibyte, "cgroup2") with { Note = "on each block device" }, report["ioRead"]);
        Assert.Equal(Held(2 * Mebibyte, "cgroup2") with { Note = "on each block device" }, report["ioWrite"]);
    }

    [Fact]
    public void Controls_that_were_not_asked_for_are_not_listed()
    {
        var report = EnforcementReport.Build(new(), Facts(All()));

        Assert.DoesNotContain(report.Keys, name => name is "cpus" or "memoryHigh" or "ioRead" or "ioWrite" or "cpuset" or "cpuTime");
    }

    [Fact]
    public void A_lifted_limit_is_held_by_none_though_there_is_a_group()
    {
        var report = EnforcementReport.Build(s_limits with { MemoryBytes = null, Processes = null }, Facts(All() with { MemoryBytes = null, Tasks = null }));

        var lifted = new Enforcement { Requested = null, Effective = null, By = "none" };
        Assert.Equal((lifted, lifted), (report["memory"], report["processes"]));
    }

    [Theory]
    [InlineData("memory", 256.0 * Mebibyte)]
    [InlineData("cpus", 0.5)]
    public void A_group_above_that_allows_less_is_told(string name, double effective)
    {
        var entry = Build(Narrow())[name];

        Assert.Equal((effective, "cgroup2", Outer), (entry.Effective, entry.By, entry.Note));
    }

    [Fact]
    public void A_group_above_that_allows_fewer_processes_counts()
    {
        var entry = Build(Narrow())["processes"];

        Assert.Equal((128.0, 64.0, "cgroup2"), (entry.Requested, entry.Effective, entry.By));
    }

    [Theory]
    [InlineData("memory", "a control group above the job's allows 268435456, the job asks for 536870912")]
    [InlineData("processes", "a control group above the job's allows 64, the job asks for 128")]
    [InlineData("cpus", "a control group above the job's allows 0.5, the job asks for 1.5")]
    public void A_required_limit_that_a_group_above_narrows_is_refused(string name, string weakness)
    {
        var refused = Assert.Throws<SandboxException>(() => Check(Narrow(), name));

        Assert.Equal(($"required limit {name}: {weakness}", "/require/0"), (refused.Message, refused.Pointer));
        Assert.NotNull(refused.Hint);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("cpuTime")]
    [InlineData("processes")]
    [InlineData("cpus")]
    [InlineData("memoryHigh")]
    [InlineData("ioRead")]
    [InlineData("ioWrite")]
    public void What_a_control_group_holds_may_be_required(string name)
    {
        var refusal = Record.Exception(() => Check(All(), name));

        Assert.Null(refusal);
    }

    [Fact]
    public void A_limit_rounded_down_to_whole_pages_is_no_weaker_limit()
    {
        var page = Environment.SystemPageSize;
        var limits = s_limits with { MemoryBytes = (10 * page) + 1 };
        var facts = Facts(All() with { MemoryBytes = 10 * page });

        var report = EnforcementReport.Build(limits, facts);

        Assert.Equal((10.0 * page, "rounded down to whole pages"), (report["memory"].Effective, report["memory"].Note));
        EnforcementReport.Check(["memory"], report, All());
    }

    [Fact]
    public void A_whole_page_less_is_somebody_elses_limit()
    {
        var holds = All() with { MemoryBytes = (512 * Mebibyte) - Environment.SystemPageSize };

        Assert.Equal(Outer, Build(holds)["memory"].Note);
        Assert.Throws<SandboxException>(() => Check(holds, "memory"));
    }

    [Fact]
    public void Memory_that_may_be_swapped_out_is_told_and_may_not_be_required()
    {
        const string weakness = "the host swaps, and this kernel does not count swap";
        var holds = All() with { MemoryWeakness = weakness };

        var refused = Assert.Throws<SandboxException>(() => Check(holds, "memory"));

        Assert.Equal("required limit memory: " + weakness, refused.Message);
        Assert.Equal(weakness, Build(holds)["memory"].Note);
    }

    [Fact]
    public void A_hard_rlimit_below_the_groups_limit_holds_processes()
    {
        var facts = Facts(All()) with { Ceilings = new() { Processes = 50 } };

        var report = EnforcementReport.Build(s_limits, facts);

        Assert.Equal(new Enforcement { Requested = 128, Effective = 50, By = "rlimit", Note = "clamped to the host's hard limit" }, report["processes"]);
        Assert.Throws<SandboxException>(() => EnforcementReport.Check(["processes"], report, All()));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(1000)]
    public void A_hard_rlimit_not_below_the_groups_limit_is_no_matter(int hard)
    {
        var facts = Facts(Narrow()) with { Ceilings = new() { Processes = hard } };

        var entry = EnforcementReport.Build(s_limits, facts)["processes"];

        Assert.Equal((64.0, "cgroup2"), (entry.Effective, entry.By));
    }

    [Fact]
    public void Processors_held_by_a_group_may_be_required()
    {
        var report = EnforcementReport.Build(s_limits, Processors(All() with { CpusetBy = "cgroup2", Cpuset = CpuSet.Of(0, 1) }));

        Assert.Equal(Held(2, "cgroup2") with { Note = "processors 0-1" }, report["cpuset"]);
        EnforcementReport.Check(["cpuset"], report, All());
    }

    [Fact]
    public void Processors_that_a_group_above_withholds_are_told_and_refused_if_required()
    {
        var report = EnforcementReport.Build(s_limits, Processors(All() with { CpusetBy = "cgroup1", Cpuset = CpuSet.Of(1) }));

        Assert.Equal(new Enforcement { Requested = 2, Effective = 1, By = "cgroup1", Note = "processors 1 of 0-1" }, report["cpuset"]);
        Assert.Throws<SandboxException>(() => EnforcementReport.Check(["cpuset"], report, All()));
    }

    [Fact]
    public void Processors_held_by_affinity_alone_may_not_be_required()
    {
        var report = EnforcementReport.Build(s_limits, Processors(All()));

        var refused = Assert.Throws<SandboxException>(() => EnforcementReport.Check(["cpuset"], report, All()));

        Assert.Equal("affinity", report["cpuset"].By);
        Assert.StartsWith("processors 0-1; sched_setaffinity(2)", report["cpuset"].Note, StringComparison.Ordinal);
        Assert.StartsWith("required limit cpuset: is held by the processes' affinity only", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_that_counts_cpu_time_leaves_nothing_to_explain()
    {
        var facts = Facts(new() { CpuTimeBy = "cgroup2" }) with { UnseenTasks = 70 };

        Assert.Equal(Held(2, "cgroup2"), EnforcementReport.Build(s_limits, facts)["cpuTime"]);
    }

    [Fact]
    public void Before_a_job_its_limits_are_expected_as_asked_for()
    {
        var place = new CgroupPlace
        {
            Version2 = "/sys/fs/cgroup/unified",
            Version1 = new Dictionary<string, string> { ["memory"] = "/v1/memory", ["pids"] = "/v1/pids" },
        };

        var report = EnforcementReport.Build(s_limits with { Cpus = null }, Facts(CgroupHolds.Expected(place, s_limits)));

        Assert.Equal(Held(512 * Mebibyte, "cgroup1"), report["memory"]);
        Assert.Equal(Held(128, "cgroup1"), report["processes"]);
        Assert.Equal(Held(2, "cgroup2"), report["cpuTime"]);
    }

    private static CgroupHolds All() => new()
    {
        MemoryBy = "cgroup2",
        MemoryBytes = 512 * Mebibyte,
        MemoryHighBytes = 256 * Mebibyte,
        CpuTimeBy = "cgroup2",
        TasksBy = "cgroup2",
        Tasks = 128,
        BandwidthBy = "cgroup2",
        Cpus = 1.5,
        IoBy = "cgroup2",
        IoReadBytes = Mebibyte,
        IoWriteBytes = 2 * Mebibyte,
    };

    private static CgroupHolds Narrow() => All() with { MemoryBytes = 256 * Mebibyte, Tasks = 64, Cpus = 0.5 };

    private static Enforcement Held(double value, string by) => new() { Requested = value, Effective = value, By = by };

    private static EnforcementFacts Facts(CgroupHolds holds) => new() { PerfAvailable = false, Ceilings = new(), Cgroup = holds };

    private static EnforcementFacts Processors(CgroupHolds holds) => Facts(holds) with { Cpus = CpuSet.Of(0, 1) };

    private static IReadOnlyDictionary<string, Enforcement> Build(CgroupHolds holds) => EnforcementReport.Build(s_limits, Facts(holds));

    private static void Check(CgroupHolds holds, string name) => EnforcementReport.Check([name], Build(holds), holds);
}
