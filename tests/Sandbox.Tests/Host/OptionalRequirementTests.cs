using Sandbox.Doctor;
using Sandbox.Failures;
using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class OptionalRequirementTests
{
    [Fact]
    public void An_undelegated_group_under_systemd_gets_a_scope()
    {
        var facts = Hosts.Plain with { Cgroup = new CgroupFacts { Version2 = [Cgroups.Foreign("/sys/fs/cgroup/system.slice")] } };

        var requirement = Hosts.Report(facts).Requirement("control groups");

        Assert.Equal(RequirementState.Degraded, requirement.State);
        Assert.Contains("/sys/fs/cgroup/system.slice is not writable", requirement.Blocker, StringComparison.Ordinal);
        Assert.StartsWith("systemd-run --user --scope -p Delegate=yes", requirement.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delegated_group_without_controllers_is_not_enough()
    {
        var facts = Hosts.Plain with { Cgroup = new CgroupFacts { Version2 = [Cgroups.Version2("/sys/fs/cgroup/app.scope")] } };

        var requirement = Hosts.Report(facts).Requirement("control groups");

        Assert.Equal(CgroupRemedies.NoControllers, requirement.Remedy());
    }

    [Fact]
    public void A_writable_version_1_group_counts()
    {
        var facts = Hosts.Plain with
        {
            Cgroup = new CgroupFacts { Version1 = [Cgroups.Version1("/sys/fs/cgroup/memory/me", "memory"), Cgroups.Version1("/sys/fs/cgroup/pids/me", "pids")] },
        };

        var requirement = Hosts.Report(facts).Requirement("control groups");

        Assert.Equal(RequirementState.Ok, requirement.State);
        Assert.StartsWith("version 1: memory pids", requirement.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void WSL_without_systemd_is_told_to_switch_it_on()
    {
        var facts = Hosts.Plain with { WslVersion = 2, HasSystemd = false, Cgroup = new CgroupFacts() };

        var requirement = Hosts.Report(facts).Requirement("control groups");

        Assert.Contains("/etc/wsl.conf", requirement.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_subordinate_ids_are_added_for_this_user()
    {
        var requirement = Hosts.Report(Hosts.Plain with { HasSubuid = false }).Requirement("subordinate ids");

        Assert.EndsWith(" ann", requirement.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_programs_that_map_them_what_is_lost_is_subids()
    {
        var requirement = Hosts.Report(Hosts.Plain with { HasNewuidmap = false }).Requirement("subordinate ids");

        Assert.Equal(RequirementState.Degraded, requirement.State);
        Assert.StartsWith("\"subids\"", requirement.Loses, StringComparison.Ordinal);
    }

    [Fact]
    public void Real_root_needs_no_subordinate_ids()
    {
        var requirement = Hosts.Report(Hosts.Root with { HasSubuid = false }).Requirement("subordinate ids");

        Assert.Equal(RequirementState.Ok, requirement.State);
    }

    [Fact]
    public void A_task_clock_that_control_groups_make_needless_is_not_missed()
    {
        var held = Hosts.Report(Hosts.Plain with { PerfEventParanoid = 3 }, (HostProbe.PerfTaskClock, 13));
        var unheld = Hosts.Report(Hosts.Plain with { PerfEventParanoid = 3, Cgroup = new() }, (HostProbe.PerfTaskClock, 13));

        Assert.Equal((RequirementState.Ok, null), (held.Requirement("perf task clock").State, held.Requirement("perf task clock").Remedy()));
        Assert.Equal(RequirementState.Degraded, unheld.Requirement("perf task clock").State);
    }

    [Fact]
    public void A_Landlock_too_old_to_be_used_is_missed()
    {
        var results = Enum.GetValues<HostProbe>().Select(probe => new ProbeResult { Probe = probe, Error = 0, Value = 1 });

        var requirement = HostClassifier.Classify(Hosts.Plain with { KernelRelease = "5.15.0-91-generic" }, [.. results], Hosts.Trial(Hosts.Plain)).Requirement("Landlock");

        Assert.Equal(RequirementState.Degraded, requirement.State);
        Assert.Equal("boot Linux 5.19 or later", requirement.Fix);
    }

    [Fact]
    public void Whatever_is_called_degraded_names_a_loss_and_a_remedy()
    {
        HostProbe[] optional = [.. HostRequirementNeeds.All.Where(need => !need.Required).Select(need => need.Probe)];
        var none = Hosts.Plain with { HasLibSeccomp = false, HasNewuidmap = false, DangerousGroups = ["docker"], Cgroup = new(), PerfEventParanoid = 3 };

        var degraded = Hosts.Report(none, [.. optional.Select(probe => (probe, 38))]).Requirements.Where(requirement => requirement.State == RequirementState.Degraded).ToArray();

        Assert.True(degraded.Length > optional.Length);
        Assert.All(degraded, requirement => Assert.True(requirement.Loses.Length > 0 && !requirement.Loses.StartsWith("nothing", StringComparison.Ordinal), requirement.Name));

        // One cause is told once: what stands on another feature names that.
        Assert.All(degraded, requirement => Assert.True(requirement.Remedy() is not null || requirement.Detail.Contains(", needs: ", StringComparison.Ordinal), requirement.Name));
    }

    [Fact]
    public void Groups_that_open_the_host_are_a_warning_by_name()
    {
        var report = Hosts.Report(Hosts.Plain with { DangerousGroups = ["docker", "shadow"] });

        var requirement = report.Requirement("supplementary groups");
        Assert.Equal((RequirementState.Degraded, true), (requirement.State, report.IsReady));
        Assert.Contains("docker, shadow", requirement.Blocker, StringComparison.Ordinal);
    }
}
