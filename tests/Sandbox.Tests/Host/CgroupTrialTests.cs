using Sandbox.Doctor;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class CgroupTrialTests
{
    private static readonly ParentCgroups s_scope = new() { AsksSystemd = true };

    [Fact]
    public void A_scope_that_systemd_would_give_holds_memory() => Assert.True(new CgroupTrial { Place = s_scope }.HoldsMemory);

    [Fact]
    public void A_place_without_the_memory_controller_does_not_hold_memory()
    {
        var place = new ParentCgroups { Version2 = "/sys/fs/cgroup/jobs", Version2Controllers = ["pids"] };

        Assert.False(new CgroupTrial { Place = place }.HoldsMemory);
    }

    [Fact]
    public void A_place_that_failed_holds_nothing() => Assert.False(new CgroupTrial { Place = s_scope, Problem = "no" }.HoldsMemory);

    [Fact]
    public void A_trial_of_nothing_has_no_problem()
    {
        var trial = CgroupTrial.Run(CgroupChoice.Off);

        Assert.Equal((null, false, false), (trial.Problem, trial.HoldsMemory, trial.Place.Exists));
    }

    [Fact]
    public void A_name_that_is_no_group_is_a_problem_in_words()
    {
        var trial = CgroupTrial.Run("/nowhere");

        Assert.Equal("the control group named for jobs is no control group: /nowhere (ENOENT)", trial.Problem);
    }
}
