using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

// Root may write anywhere: what is not writable here has no cgroup.procs, or a mount that is read-only.
public sealed class CgroupReaderTests : IDisposable
{
    private const string Unified = "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

    private const string Version1 =
        """
        2 0 0:2 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
        3 0 0:3 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
        4 0 0:4 / /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids
        5 0 0:5 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
        6 0 0:6 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw

        """;

    private readonly FakeHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void The_groups_above_are_found_up_to_the_mount_and_no_further()
    {
        var cgroup = Own("0::/a/b\n", Unified);

        Assert.Equal(["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"], cgroup.Version2.Select(group => group.Directory));
    }

    [Fact]
    public void The_groups_above_are_found_up_to_the_part_that_is_mounted()
    {
        var cgroup = Own("0::/machine/box/a\n", "1 0 0:1 /machine/box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");

        Assert.Equal(["/sys/fs/cgroup/a", "/sys/fs/cgroup"], cgroup.Version2.Select(group => group.Directory));
    }

    [Fact]
    public void A_part_that_is_mounted_is_no_part_of_a_longer_name()
    {
        var cgroup = Own("0::/machine/boxer/a\n", "1 0 0:1 /machine/box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");

        Assert.Equal("/sys/fs/cgroup/machine/boxer/a", cgroup.Version2Directory);
    }

    [Fact]
    public void The_part_that_is_mounted_is_the_mount_itself()
    {
        var cgroup = Own("0::/machine/box\n", "1 0 0:1 /machine/box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");

        Assert.Equal("/sys/fs/cgroup", Assert.Single(cgroup.Version2).Directory);
    }

    [Fact]
    public void Whoever_is_at_the_top_of_its_namespace_has_the_mount_itself()
    {
        var cgroup = Own("0::/\n", Unified);

        Assert.Equal("/sys/fs/cgroup", Assert.Single(cgroup.Version2).Directory);
    }

    [Fact]
    public void Each_group_tells_its_own_controllers_and_inhabitants()
    {
        _host.With("sys/fs/cgroup/a/cgroup.controllers", "memory pids\n").With("sys/fs/cgroup/a/cgroup.procs", "7\n").With("sys/fs/cgroup/a/cgroup.type", "domain\n")
            .With("sys/fs/cgroup/cgroup.controllers", "cpu memory\n").With("sys/fs/cgroup/cgroup.procs", "");

        var groups = Own("0::/a\n", Unified).Version2;

        Assert.Equal(["memory pids", "cpu memory"], groups.Select(group => string.Join(' ', group.Controllers)));
        Assert.Equal([true, false], groups.Select(group => group.HasProcesses));
    }

    [Fact]
    public void The_root_of_the_hierarchy_is_the_one_without_a_type()
    {
        _host.With("sys/fs/cgroup/a/cgroup.type", "domain\n").With("sys/fs/cgroup/cgroup.procs", "");

        var groups = Own("0::/a\n", Unified).Version2;

        Assert.Equal([false, true], groups.Select(group => group.IsRoot));
    }

    [Fact]
    public void A_group_into_which_nothing_can_be_moved_is_not_writable()
    {
        _host.With("sys/fs/cgroup/a/cgroup.controllers", "").With("sys/fs/cgroup/cgroup.procs", "");

        var groups = Own("0::/a\n", Unified).Version2;

        Assert.Equal([false, true], groups.Select(group => group.Writable));
    }

    [Fact]
    public void A_path_with_a_colon_is_one_path()
    {
        var cgroup = Own("0::/a:b\n", Unified);

        Assert.Equal("/sys/fs/cgroup/a:b", cgroup.Version2Directory);
    }

    [Fact]
    public void Controllers_mounted_together_are_one_group()
    {
        var cgroup = Own("3:cpu,cpuacct:/me\n", Version1);

        var group = Assert.Single(cgroup.Version1);
        Assert.Equal(("/sys/fs/cgroup/cpu,cpuacct/me", "cpu cpuacct"), (group.Directory, string.Join(' ', group.Controllers)));
        Assert.Empty(cgroup.Version2);
    }

    [Fact]
    public void A_hierarchy_without_controllers_is_no_group_of_a_job()
    {
        var cgroup = Own("5:name=systemd:/me\n2:memory:/me\n", Version1);

        Assert.Equal(["/sys/fs/cgroup/memory/me"], cgroup.Version1.Select(group => group.Directory));
    }

    [Fact]
    public void A_hierarchy_that_is_not_mounted_is_left_out()
    {
        var cgroup = Own("9:freezer:/me\n0::/me\n", "2 0 0:2 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");

        Assert.Empty(cgroup.Version1);
        Assert.Empty(cgroup.Version2);
    }

    [Fact]
    public void A_read_only_mount_of_version_1_gives_nothing_away()
    {
        _host.With("sys/fs/cgroup/pids/me/cgroup.procs", "").With("sys/fs/cgroup/memory/me/cgroup.procs", "");

        var cgroup = Own("4:pids:/me\n2:memory:/me\n", Version1);

        Assert.Equal([false, true], cgroup.Version1.Select(group => group.Writable));
    }

    [Fact]
    public void The_callers_own_groups_are_not_named_ones() => Assert.False(Own("0::/a\n", Unified).IsNamed);

    [Fact]
    public void A_list_of_names_is_parted_by_colons()
    {
        var cgroup = Named("/sys/fs/cgroup/memory/jobs:/sys/fs/cgroup/cpu,cpuacct/jobs/:/sys/fs/cgroup/unified/jobs");

        Assert.True(cgroup.IsNamed);
        Assert.Equal(["/sys/fs/cgroup/memory/jobs", "/sys/fs/cgroup/cpu,cpuacct/jobs"], cgroup.Version1.Select(group => group.Directory));
        Assert.Equal(["memory", "cpu cpuacct"], cgroup.Version1.Select(group => string.Join(' ', group.Controllers)));
        Assert.Equal("/sys/fs/cgroup/unified/jobs", Assert.Single(cgroup.Version2).Directory);
        Assert.Empty(cgroup.Unknown);
    }

    [Fact]
    public void A_named_group_of_version_2_comes_without_those_above()
    {
        _host.With("sys/fs/cgroup/unified/jobs/cgroup.controllers", "memory\n").With("sys/fs/cgroup/unified/jobs/cgroup.type", "domain\n");

        var group = Assert.Single(Named("/sys/fs/cgroup/unified/jobs").Version2);

        Assert.Equal(["memory"], group.Controllers);
        Assert.Equal((true, false), (group.Writable, group.IsRoot));
    }

    [Theory]
    [InlineData("/sys/fs/cgroup/memory/missing")]
    [InlineData("/sys/fs/cgroup/memoryless/jobs")]
    [InlineData("/srv/jobs")]
    [InlineData("jobs")]
    public void A_name_that_is_no_group_is_kept_to_be_told(string name)
    {
        _host.With("srv/jobs/cgroup.procs", "").With("sys/fs/cgroup/memoryless/jobs/cgroup.procs", "").With("jobs/cgroup.procs", "");

        var cgroup = Named(name + ":/sys/fs/cgroup/memory/jobs");

        Assert.Equal([name], cgroup.Unknown);
        Assert.Single(cgroup.Version1);
    }

    [Fact]
    public void Of_a_mount_within_a_mount_the_inner_one_holds_the_name()
    {
        _host.With("sys/fs/cgroup/unified/deep/jobs/cgroup.procs", "");

        var cgroup = Named("/sys/fs/cgroup/unified/deep/jobs", Version1 + "7 0 0:7 / /sys/fs/cgroup/unified/deep rw - cgroup cgroup rw,cpuset\n");

        Assert.Equal(["cpuset"], Assert.Single(cgroup.Version1).Controllers);
        Assert.Empty(cgroup.Version2);
    }

    [Fact]
    public void A_link_to_a_hierarchy_names_the_hierarchy()
    {
        _host.Link("sys/fs/cgroup/cpu", "cpu,cpuacct");

        var group = Assert.Single(Named("/sys/fs/cgroup/cpu/jobs").Version1);

        Assert.Equal(("/sys/fs/cgroup/cpu,cpuacct/jobs", "cpu cpuacct"), (group.Directory, string.Join(' ', group.Controllers)));
    }

    [Fact]
    public void A_group_of_version_1_that_is_named_twice_is_one()
    {
        _host.Link("sys/fs/cgroup/cpu", "cpu,cpuacct").Link("sys/fs/cgroup/cpuacct", "cpu,cpuacct");

        var cgroup = Named("/sys/fs/cgroup/cpu/jobs:/sys/fs/cgroup/cpuacct/jobs:/sys/fs/cgroup/memory/../memory/jobs:/sys/fs/cgroup/memory/jobs");

        Assert.Equal(["/sys/fs/cgroup/cpu,cpuacct/jobs", "/sys/fs/cgroup/memory/jobs"], cgroup.Version1.Select(group => group.Directory));
        Assert.Empty(cgroup.Unknown);
    }

    [Fact]
    public void A_group_of_version_2_that_is_named_twice_is_one() =>
        Assert.Single(Named("/sys/fs/cgroup/unified/jobs:/sys/fs/cgroup/unified/jobs/").Version2);

    [Fact]
    public void A_link_that_leads_out_of_the_hierarchies_is_no_group()
    {
        _host.With("srv/jobs/cgroup.procs", "").Link("sys/fs/cgroup/memory/elsewhere", "../../../../srv/jobs");

        Assert.Equal(["/sys/fs/cgroup/memory/elsewhere"], Named("/sys/fs/cgroup/memory/elsewhere").Unknown);
    }

    [Theory]
    [InlineData("/a", "", false)]
    [InlineData("/a", "cgroup.procs", true)]
    [InlineData("/jobs/shell", "", true)]
    [InlineData("/jobs", "", true)]
    [InlineData("/jobs-too", "", false)]
    public void A_named_group_is_reachable_if_the_one_above_both_may_be_written_to(string own, string above, bool isReachable)
    {
        if (above.Length > 0)
        {
            _host.With("sys/fs/cgroup/" + above, "");
        }

        _host.With("proc/self/cgroup", $"0::{own}\n").With("proc/self/mountinfo", Unified).With("sys/fs/cgroup/jobs/cgroup.procs", "");

        var group = Assert.Single(_host.ReadNamed("/sys/fs/cgroup/jobs").Version2);

        Assert.Equal((true, isReachable), (group.Writable, group.IsReachable));
    }

    [Fact]
    public void A_group_beside_the_callers_is_reached_through_the_nearest_above_both()
    {
        _host.With("proc/self/cgroup", "0::/user/shell\n").With("proc/self/mountinfo", Unified)
            .With("sys/fs/cgroup/user/cgroup.procs", "").With("sys/fs/cgroup/user/jobs/deep/cgroup.procs", "");

        var group = Assert.Single(_host.ReadNamed("/sys/fs/cgroup/user/jobs/deep").Version2);

        Assert.True(group.IsReachable);
    }

    [Fact]
    public void The_mount_itself_may_be_named()
    {
        _host.With("sys/fs/cgroup/unified/cgroup.procs", "");

        var group = Assert.Single(Named("/sys/fs/cgroup/unified").Version2);

        Assert.True(group.IsRoot);
    }

    private CgroupFacts Own(string groups, string mounts) =>
        _host.With("proc/self/cgroup", groups).With("proc/self/mountinfo", mounts).Read().Cgroup;

    private CgroupFacts Named(string names, string mounts = Version1) =>
        _host.With("proc/self/mountinfo", mounts)
            .With("sys/fs/cgroup/memory/jobs/cgroup.procs", "")
            .With("sys/fs/cgroup/cpu,cpuacct/jobs/cgroup.procs", "")
            .With("sys/fs/cgroup/unified/jobs/cgroup.procs", "")
            .ReadNamed(names);
}
