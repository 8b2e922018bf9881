using Sandbox.Host;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;
using static Sandbox.Tests.Host.Cgroups;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class CgroupNeedsTests
{
    private static readonly ParentCgroups s_all = new()
    {
        Version2 = "/sys/fs/cgroup/jobs",
        Version2Controllers = ["memory", "pids", "cpu", "cpuset", "io"],
    };

    private static readonly ParentCgroups s_version1 = new()
    {
        Version1 = new Dictionary<string, string> { ["memory"] = "/v1/memory", ["cpu"] = "/v1/cpu", ["io"] = "/v1/io" },
        Why = ["version 2 is not mounted", "version 1: memory cpu"],
    };

    private static readonly ResourceLimits s_cpus = new() { Cpus = 1 };
    private static readonly ResourceLimits s_memoryHigh = new() { MemoryHighBytes = 1 << 20 };
    private static readonly ResourceLimits s_ioRead = new() { IoReadBytes = 1 << 20 };
    private static readonly ResourceLimits s_ioWrite = new() { IoWriteBytes = 1 << 20 };

    [Fact]
    public void Limits_that_a_group_holds_pass()
    {
        CgroupNeeds.Check(s_cpus, s_all);
        CgroupNeeds.Check(s_memoryHigh, s_all);
        CgroupNeeds.Check(s_ioRead, s_all);
        CgroupNeeds.Check(s_ioWrite, s_all);
        CgroupNeeds.Check(s_cpus, s_version1);
    }

    [Fact]
    public void Limits_with_another_holder_need_no_group()
    {
        var limits = new ResourceLimits { CpuTime = TimeSpan.FromSeconds(1), MemoryBytes = 1 << 20, Processes = 1, DiskBytes = 1 };

        var refusal = Record.Exception(() => CgroupNeeds.Check(limits, ParentCgroups.Nowhere([])));

        Assert.Null(refusal);
    }

    [Fact]
    public void Bandwidth_without_a_group_is_refused()
    {
        var refused = Refused(s_cpus, ParentCgroups.Nowhere(["version 2 is not mounted", "no control groups: rlimits and a watchdog"]));

        Assert.Equal(
            "nothing on this host holds the limit cpus: it needs the controller cpu; version 2 is not mounted; no control groups: rlimits and a watchdog",
            refused.Message);
        Assert.Equal(("/limits/cpus", JobPhase.Prepare), (refused.Pointer, refused.Phase));
        Assert.Contains("sandbox doctor", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_soft_memory_limit_needs_version_2()
    {
        Assert.Equal("/limits/memoryHigh", Refused(s_memoryHigh, s_version1).Pointer);
        Assert.Equal("/limits/memoryHigh", Refused(s_memoryHigh, s_all with { Version2Controllers = ["cpu"] }).Pointer);
    }

    [Fact]
    public void Rates_of_input_and_output_need_version_2_each_by_its_name()
    {
        Assert.Equal("/limits/ioRead", Refused(s_ioRead, s_version1).Pointer);
        Assert.Equal("/limits/ioWrite", Refused(s_ioWrite, s_version1).Pointer);
        Assert.Equal("/limits/ioWrite", Refused(s_ioWrite, s_all with { Version2Controllers = ["memory"] }).Pointer);
        Assert.Equal("/limits/ioRead", Refused(s_ioRead with { IoWriteBytes = 1 }, s_version1).Pointer);
    }

    [Fact]
    public void Named_groups_that_can_be_divided_are_usable()
    {
        var facts = new CgroupFacts { IsNamed = true, Version2 = [Version2("/a", "memory")], Version1 = [Version1("/b", "cpu"), Version1("/c", "pids")] };

        Assert.Same(facts, CgroupNeeds.Usable(facts));
    }

    [Fact]
    public void A_name_that_is_no_group_is_refused()
    {
        var refused = Unusable(new() { Unknown = ["/srv/jobs"], Version2 = [Foreign("/a")] });

        Assert.Equal(("/srv/jobs", "ENOENT"), (refused.Path, refused.Errno));
        Assert.Equal("the control group named for jobs is no control group", refused.Message);
        Assert.Contains("SANDBOX_CGROUP", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_group_of_somebody_else_is_refused_in_either_version()
    {
        var second = Unusable(new() { Version2 = [Foreign("/a", "memory")] });
        var first = Unusable(new() { Version2 = [Version2("/a", "memory")], Version1 = [Version1("/b"), Foreign("/c", "cpu")] });

        Assert.Equal(("/a", "EACCES"), (second.Path, second.Errno));
        Assert.Equal(("/c", "EACCES"), (first.Path, first.Errno));
    }

    [Fact]
    public void A_list_of_names_without_a_name_is_refused()
    {
        var refused = Unusable(new());

        Assert.Equal(("the control group named for jobs is none: the list is empty", "ENOENT"), (refused.Message, refused.Errno));
    }

    [Fact]
    public void A_named_group_that_the_caller_cannot_enter_is_refused_and_says_where_to_start()
    {
        var refused = Unusable(new() { Version2 = [Version2("/a", "memory") with { IsReachable = false }] });

        Assert.Equal(("/a", "EACCES"), (refused.Path, refused.Errno));
        Assert.Equal(
            "the control group named for jobs cannot be entered from here: cgroup.procs of the group above both has to be writable, "
            + "so start the sandbox inside of what was delegated",
            refused.Message);
    }

    [Fact]
    public void A_limit_that_a_scope_of_systemd_would_hold_passes()
    {
        CgroupNeeds.Check(s_cpus, new() { AsksSystemd = true });
        CgroupNeeds.Check(s_memoryHigh, new() { AsksSystemd = true });

        Assert.Equal("/limits/ioRead", Refused(s_ioRead, new() { AsksSystemd = true }).Pointer);
    }

    [Fact]
    public void Two_named_groups_of_version_2_are_one_too_many()
    {
        var refused = Unusable(new() { Version2 = [Version2("/a", "memory"), Version2("/b", "memory")] });

        Assert.Equal(("/b", "EINVAL"), (refused.Path, refused.Errno));
    }

    private static SandboxException Refused(ResourceLimits limits, ParentCgroups place) =>
        Assert.Throws<SandboxException>(() => CgroupNeeds.Check(limits, place));

    private static SandboxException Unusable(CgroupFacts facts) =>
        Assert.Throws<SandboxException>(() => CgroupNeeds.Usable(facts with { IsNamed = true }));
}
