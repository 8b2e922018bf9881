using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class ParentCgroupsTests
{
    private static readonly ParentCgroups s_hybrid = new()
    {
        Version2 = "/unified",
        Version2Controllers = ["pids"],
        Version1 = new Dictionary<string, string> { ["memory"] = "/v1/memory", ["cpu"] = "/v1/cpu", ["cpuacct"] = "/v1/cpu" },
    };

    [Fact]
    public void A_scope_that_is_asked_for_is_expected_to_hold_what_systemd_hands_on()
    {
        var place = s_hybrid with { AsksSystemd = true };

        Assert.Equal((Mechanism.Cgroup2, Mechanism.Cgroup2, Mechanism.Cgroup2, Mechanism.Cgroup2), (place.By("memory"), place.By("pids"), place.By("cpu"), place.CpuTimeBy));
        Assert.Equal((null, null), (place.By("cpuset"), place.By("io")));
    }

    [Fact]
    public void A_scope_that_is_asked_for_needs_nothing_else_to_be_there()
    {
        var place = new ParentCgroups { AsksSystemd = true };

        Assert.Equal((Mechanism.Cgroup2, Mechanism.Cgroup2), (place.By("memory"), place.CpuTimeBy));
    }

    [Fact]
    public void What_was_taken_is_what_could_be_opened()
    {
        using var second = new FakeCgroup();
        using var first = new FakeCgroup();
        var place = s_hybrid with { AsksSystemd = true, IsNamed = true, Why = ["a reason"] };

        var taken = place.Of([new(second.Parent, isVersion2: true, ["memory"]), new(first.Parent, isVersion2: false, ["cpu", "cpuacct"])]);

        Assert.Equal((second.Parent.Path, false, true), (taken.Version2, taken.AsksSystemd, taken.IsNamed));
        Assert.Equal(["memory"], taken.Version2Controllers);
        Assert.Equal([("cpu", first.Parent.Path), ("cpuacct", first.Parent.Path)], taken.Version1.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(["a reason"], taken.Why);
    }

    [Fact]
    public void Where_nothing_could_be_opened_nothing_is_held()
    {
        var taken = s_hybrid.Of([]);

        Assert.Equal((false, null, null), (taken.Exists, taken.By("memory"), taken.CpuTimeBy));
    }

    [Fact]
    public void Version_2_holds_what_both_could()
    {
        var place = s_hybrid with { Version2Controllers = ["pids", "memory"] };

        Assert.Equal((Mechanism.Cgroup2, Mechanism.Cgroup2, Mechanism.Cgroup1, null), (place.By("memory"), place.By("pids"), place.By("cpu"), place.By("io")));
    }
}
