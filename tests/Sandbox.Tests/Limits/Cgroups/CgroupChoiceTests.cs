using Sandbox.Host;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;
using static Sandbox.Tests.Host.Cgroups;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class CgroupChoiceTests
{
    private const string NoManager = "no user bus";
    private const string Mount = "/sys/fs/cgroup";
    private const string Jobs = Mount + "/jobs";

    private static readonly string[] s_hard = ["cpu", "memory", "pids"];

    [Fact]
    public void Groups_that_the_user_has_named_are_taken_of_both_versions()
    {
        var facts = new CgroupFacts
        {
            IsNamed = true,
            Version2 = [Version2(Jobs, "pids")],
            Version1 = [Version1("/v1/memory/jobs", "memory"), Version1("/v1/cpu/jobs", "cpu", "cpuacct")],
        };

        var place = CgroupChoice.Choose(facts, systemd: null);

        Assert.Equal((Jobs, true, false), (place.Version2, place.IsNamed, place.AsksSystemd));
        Assert.Equal(["memory=/v1/memory/jobs", "cpu=/v1/cpu/jobs", "cpuacct=/v1/cpu/jobs"], Version1Of(place));
        Assert.Equal([$"named by the user: {Jobs}, /v1/memory/jobs, /v1/cpu/jobs"], place.Why);
    }

    [Fact]
    public void A_named_group_of_systemd_is_the_users_choice()
    {
        var facts = new CgroupFacts { IsNamed = true, Version2 = [Version2(Mount + "/user.slice", s_hard) with { HasProcesses = true }] };

        var place = CgroupChoice.Choose(facts, systemd: null);

        Assert.Equal((Mount + "/user.slice", true, false), (place.Version2, place.IsInhabited, place.AsksSystemd));
    }

    [Fact]
    public void Named_groups_are_not_completed_by_others()
    {
        var facts = new CgroupFacts { IsNamed = true, Version1 = [Version1("/v1/memory/jobs", "memory")] };

        var place = CgroupChoice.Choose(facts, systemd: null);

        Assert.Equal((null, Mechanism.Cgroup1, null, false), (place.CpuTimeBy, place.By("memory"), place.Version2, place.AsksSystemd));
    }

    [Fact]
    public void The_callers_own_group_is_taken_if_nobody_lives_in_it()
    {
        var place = Of(Version2(Jobs + "/a", s_hard), Version2(Jobs, s_hard));

        Assert.Equal((Jobs + "/a", false, false), (place.Version2, place.IsInhabited, place.AsksSystemd));
        Assert.Equal($"version 2 at {Jobs}/a: cpu memory pids", Assert.Single(place.Why));
    }

    [Fact]
    public void The_nearest_group_above_that_is_free_spares_the_callers_own_a_move()
    {
        var place = Of(
            Version2(Jobs + "/a/shell", s_hard) with { HasProcesses = true },
            Foreign(Jobs + "/a", s_hard),
            Version2(Jobs, s_hard),
            Version2(Mount, s_hard) with { IsRoot = true });

        Assert.Equal((Jobs, false, false), (place.Version2, place.IsInhabited, place.AsksSystemd));
    }

    [Fact]
    public void The_callers_own_group_is_taken_with_those_who_live_in_it_if_no_other_is_free()
    {
        var place = Of(
            Version2(Jobs + "/shell", s_hard) with { HasProcesses = true },
            Version2(Jobs, s_hard) with { HasProcesses = true },
            Foreign(Mount, s_hard));

        Assert.Equal((Jobs + "/shell", true, false), (place.Version2, place.IsInhabited, place.AsksSystemd));
    }

    [Theory]
    [InlineData("user.slice")]
    [InlineData("app.slice")]
    [InlineData("user@1000.service")]
    [InlineData("init.scope")]
    public void An_inner_group_of_systemd_is_never_taken_though_it_is_writable_and_free(string name)
    {
        var above = Of(Foreign($"{Mount}/{name}/a.scope", s_hard), Version2($"{Mount}/{name}", s_hard));
        var own = Of(Version2($"{Mount}/{name}", s_hard));

        Assert.Equal((null, null), (above.Version2, own.Version2));
    }

    [Fact]
    public void A_service_of_another_name_is_no_inner_group()
    {
        var place = Of(Version2(Mount + "/user@1000.scope", s_hard), Foreign(Mount));

        Assert.Equal(Mount + "/user@1000.scope", place.Version2);
    }

    [Fact]
    public void The_root_of_the_hierarchy_is_taken_though_processes_live_in_it()
    {
        var place = Of(
            Version2(Mount + "/user.slice/a.scope", s_hard) with { HasProcesses = true },
            Version2(Mount + "/user.slice", s_hard),
            Version2(Mount, s_hard) with { HasProcesses = true, IsRoot = true });

        Assert.Equal((Mount, false, false), (place.Version2, place.IsInhabited, place.AsksSystemd));
    }

    [Theory]
    [InlineData("session-1.scope")]
    [InlineData("judge.service")]
    public void A_unit_that_systemd_manages_is_left_for_a_scope_of_the_user_manager(string unit)
    {
        var place = Of(systemd: null, Version2($"{Mount}/{unit}", s_hard) with { HasProcesses = true });

        Assert.True(place.AsksSystemd);
        Assert.Contains("a scope of the systemd user manager is asked for", place.Why);
    }

    [Fact]
    public void A_unit_that_systemd_manages_is_taken_if_there_is_no_user_manager()
    {
        var place = Of(Version2(Mount + "/a.scope", s_hard) with { HasProcesses = true });

        Assert.Equal((Mount + "/a.scope", true, false), (place.Version2, place.IsInhabited, place.AsksSystemd));
        Assert.Equal(["no scope of a systemd user manager: " + NoManager, $"version 2 at {Mount}/a.scope: cpu memory pids"], place.Why);
    }

    [Fact]
    public void A_unit_that_systemd_has_given_away_is_taken_without_asking()
    {
        var place = Of(systemd: null, Version2(Mount + "/a.scope", s_hard) with { HasProcesses = true, IsDelegated = true });

        Assert.Equal((Mount + "/a.scope", true, false), (place.Version2, place.IsInhabited, place.AsksSystemd));
    }

    [Fact]
    public void Without_the_memory_controller_a_scope_is_asked_for_and_the_rest_is_kept_in_mind()
    {
        var facts = new CgroupFacts { Version2 = [Version2(Jobs, "pids")], Version1 = [Version1("/v1/memory/me", "memory")] };

        var place = CgroupChoice.Choose(facts, systemd: null);

        Assert.Equal((true, Jobs, Mechanism.Cgroup2), (place.AsksSystemd, place.Version2, place.By("memory")));
        Assert.Equal(["memory=/v1/memory/me"], Version1Of(place));
        Assert.Equal(Mechanism.Cgroup1, (place with { AsksSystemd = false }).By("memory"));
    }

    [Fact]
    public void Without_a_user_manager_version_1_holds_what_version_2_does_not()
    {
        var facts = new CgroupFacts
        {
            Version2 = [Version2("/sys/fs/cgroup/unified") with { HasProcesses = true, IsRoot = true }],
            Version1 = [Version1("/v1/memory/me", "memory"), Version1("/v1/pids/me", "pids"), Version1("/v1/cpu/me", "cpu", "cpuacct")],
        };

        var place = CgroupChoice.Choose(facts, NoManager);

        Assert.Equal((Mechanism.Cgroup1, Mechanism.Cgroup2, Mechanism.Cgroup1, Mechanism.Cgroup1, false), (place.By("memory"), place.CpuTimeBy, place.By("pids"), place.By("cpu"), place.AsksSystemd));
        Assert.Equal("version 1: memory pids cpu cpuacct; version 2 at /sys/fs/cgroup/unified without controllers: counts CPU time", place.Why[^1]);
    }

    [Fact]
    public void Version_1_alone_counts_cpu_time_where_it_has_cpuacct()
    {
        var with = CgroupChoice.Choose(new() { Version1 = [Version1("/v1/cpu/me", "cpu", "cpuacct")] }, NoManager);
        var without = CgroupChoice.Choose(new() { Version1 = [Version1("/v1/cpu/me", "cpu")] }, NoManager);

        Assert.Equal((Mechanism.Cgroup1, null), (with.CpuTimeBy, without.CpuTimeBy));
        Assert.Contains("version 2 is not mounted", with.Why);
    }

    [Fact]
    public void Version_2_without_controllers_is_better_than_nothing()
    {
        var place = Of(Version2(Jobs));

        Assert.Equal((Jobs, Mechanism.Cgroup2, null, true), (place.Version2, place.CpuTimeBy, place.By("memory"), place.Exists));
        Assert.Equal(
            [
                "no scope of a systemd user manager: " + NoManager,
                "no version 1 hierarchies are mounted",
                $"version 2 at {Jobs} without controllers: counts CPU time",
            ],
            place.Why);
    }

    [Fact]
    public void Version_1_holds_what_version_2_does_not_though_that_holds_memory()
    {
        var facts = new CgroupFacts { Version2 = [Version2(Jobs, s_hard)], Version1 = [Version1("/v1/cpuset/me", "cpuset"), Version1("/v1/cpu/me", "cpu")] };

        var place = CgroupChoice.Choose(facts, NoManager);

        Assert.Equal((Mechanism.Cgroup2, Mechanism.Cgroup2, Mechanism.Cgroup1), (place.By("memory"), place.By("cpu"), place.By("cpuset")));
        Assert.Equal((Jobs, false), (place.Version2, place.AsksSystemd));
    }

    [Fact]
    public void Of_version_1_the_first_group_with_a_controller_is_taken_and_no_controller_without_use()
    {
        var facts = new CgroupFacts
        {
            Version1 = [Foreign("/v1/memory/theirs", "memory"), Version1("/v1/memory/me", "memory", "devices"), Version1("/v1/memory/too", "memory")],
        };

        var place = CgroupChoice.Choose(facts, NoManager);

        Assert.Equal(["memory=/v1/memory/me"], Version1Of(place));
    }

    [Fact]
    public void A_host_without_control_groups_says_so_for_every_candidate()
    {
        var place = CgroupChoice.Choose(new(), NoManager);

        Assert.False(place.Exists);
        Assert.Equal(
            [
                "version 2 is not mounted",
                "no scope of a systemd user manager: " + NoManager,
                "no version 1 hierarchies are mounted",
                "no control groups: rlimits and a watchdog",
            ],
            place.Why);
    }

    [Fact]
    public void Groups_of_somebody_else_are_named_as_such()
    {
        var facts = new CgroupFacts { Version2 = [Foreign(Jobs, s_hard)], Version1 = [Foreign("/v1/memory/me", "memory")] };

        var place = CgroupChoice.Choose(facts, NoManager);

        Assert.False(place.Exists);
        Assert.Equal($"the caller's own group {Jobs} is not writable", place.Why[0]);
        Assert.Contains("none of the caller's version 1 groups is writable and of use", place.Why);
    }

    [Fact]
    public void A_group_that_is_systemds_to_manage_is_not_called_unwritable()
    {
        var place = Of(Version2(Mount + "/user.slice", s_hard));

        Assert.Equal($"the caller's own group {Mount}/user.slice is systemd's to manage", place.Why[0]);
    }

    [Fact]
    public void None_switches_control_groups_off_and_says_who_did()
    {
        var place = CgroupHost.Find(CgroupChoice.Off);

        Assert.False(place.Exists);
        Assert.Equal("control groups are switched off by the user", Assert.Single(place.Why));
    }

    private static ParentCgroups Of(params CgroupDirectoryFacts[] version2) => Of(NoManager, version2);

    private static ParentCgroups Of(string? systemd, params CgroupDirectoryFacts[] version2) =>
        CgroupChoice.Choose(new() { Version2 = version2 }, systemd);

    private static IEnumerable<string> Version1Of(ParentCgroups place) => place.Version1.Select(pair => $"{pair.Key}={pair.Value}");
}
