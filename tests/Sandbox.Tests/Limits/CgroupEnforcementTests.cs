using Sandbox.Interop;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;
using static Sandbox.Tests.Limits.ControlledJob;

namespace Sandbox.Tests.Limits;

public sealed class CgroupEnforcementTests
{
    [Theory]
    [InlineData(Mechanism.Cgroup2)]
    [InlineData(Mechanism.Cgroup1)]
    public void A_control_group_holds_memory_cpu_time_and_processes(Mechanism by)
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

        Assert.Equal(Held(1.5, Mechanism.Cgroup2), report["cpus"]);
        Assert.Equal(Held(256 * Mebibyte, Mechanism.Cgroup2), report["memoryHigh"]);
        Assert.Equal(Held(Mebibyte, Mechanism.Cgroup2) with { Note = "on each block device" }, report["ioRead"]);
        Assert.Equal(Held(2 * Mebibyte, Mechanism.Cgroup2) with { Note = "on each block device" }, report["ioWrite"]);
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
        var report = EnforcementReport.Build(Asked with { MemoryBytes = null, Processes = null }, Facts(All() with { MemoryBytes = null, Tasks = null }));

        var lifted = new Enforcement { Requested = null, Effective = null, By = Mechanism.None };
        Assert.Equal((lifted, lifted), (report["memory"], report["processes"]));
    }

    [Theory]
    [InlineData("memory", 256.0 * Mebibyte)]
    [InlineData("cpus", 0.5)]
    public void A_group_above_that_allows_less_is_told(string name, double effective)
    {
        var entry = Build(Narrow())[name];

        Assert.Equal((effective, Mechanism.Cgroup2, Outer), (entry.Effective, entry.By, entry.Note));
    }

    [Fact]
    public void A_group_above_that_allows_fewer_processes_counts()
    {
        var entry = Build(Narrow())["processes"];

        Assert.Equal((128.0, 64.0, Mechanism.Cgroup2, Outer), (entry.Requested, entry.Effective, entry.By, entry.Note));
    }

    [Fact]
    public void A_hard_rlimit_below_the_groups_limit_holds_processes()
    {
        var facts = Facts(All()) with { Ceilings = new() { [Rlimit.Nproc] = 50 } };

        var report = EnforcementReport.Build(Asked, facts);

        Assert.Equal(new Enforcement { Requested = 128, Effective = 50, By = Mechanism.Rlimit, Note = "clamped to the host's hard limit", IsClamped = true }, report["processes"]);
        Assert.Throws<SandboxException>(() => RequireCheck.Check(["processes"], report, All()));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(1000)]
    public void A_hard_rlimit_not_below_the_groups_limit_is_no_matter(int hard)
    {
        var facts = Facts(Narrow()) with { Ceilings = new() { [Rlimit.Nproc] = (ulong)hard } };

        var entry = EnforcementReport.Build(Asked, facts)["processes"];

        Assert.Equal((64.0, Mechanism.Cgroup2), (entry.Effective, entry.By));
    }

    [Fact]
    public void Processors_held_by_a_group_may_be_required()
    {
        var report = EnforcementReport.Build(Asked, Processors(All() with { CpusetBy = Mechanism.Cgroup2, Cpuset = CpuSet.Of(0, 1) }));

        Assert.Equal(Held(2, Mechanism.Cgroup2) with { Note = "processors 0-1" }, report["cpuset"]);
        RequireCheck.Check(["cpuset"], report, All());
    }

    [Fact]
    public void Processors_that_a_group_above_withholds_are_told_and_refused_if_required()
    {
        var report = EnforcementReport.Build(Asked, Processors(All() with { CpusetBy = Mechanism.Cgroup1, Cpuset = CpuSet.Of(1) }));

        Assert.Equal(new Enforcement { Requested = 2, Effective = 1, By = Mechanism.Cgroup1, Note = "processors 1 of 0-1" }, report["cpuset"]);
        Assert.Throws<SandboxException>(() => RequireCheck.Check(["cpuset"], report, All()));
    }

    [Fact]
    public void Processors_held_by_affinity_alone_may_not_be_required()
    {
        var report = EnforcementReport.Build(Asked, Processors(All()));

        var refused = Assert.Throws<SandboxException>(() => RequireCheck.Check(["cpuset"], report, All()));

        Assert.Equal(Mechanism.Affinity, report["cpuset"].By);
        Assert.StartsWith("processors 0-1; sched_setaffinity(2)", report["cpuset"].Note, StringComparison.Ordinal);
        Assert.StartsWith("required limit cpuset: is held by the processes' affinity only", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_that_counts_cpu_time_leaves_nothing_to_explain()
    {
        var facts = Facts(new() { CpuTimeBy = Mechanism.Cgroup2 }) with { UnseenTasks = 70 };

        Assert.Equal(Held(2, Mechanism.Cgroup2), EnforcementReport.Build(Asked, facts)["cpuTime"]);
    }
}
