using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class CgroupPlaceTests
{
    private static readonly CgroupPlace s_hybrid = new()
    {
        Version2 = "/unified",
        Version2Controllers = ["pids"],
        Version1 = new Dictionary<string, string> { ["memory"] = "/v1/memory", ["cpu"] = "/v1/cpu", ["cpuacct"] = "/v1/cpu" },
    };

    [Fact]
    public void A_user_is_cloned_into_version_2_and_joins_each_hierarchy_of_version_1_once()
    {
        var placement = s_hybrid.Expected(joins: false);

        Assert.Equal("/unified/sandbox-job.*", placement.Into);
        Assert.Equal(["/v1/memory/sandbox-job.*", "/v1/cpu/sandbox-job.*"], placement.Joins);
        Assert.Equal((true, true, true), (placement.HoldsMemory, placement.CountsCpuTime, placement.HoldsProcesses));
    }

    [Fact]
    public void A_job_of_real_root_joins_version_2_first()
    {
        var placement = s_hybrid.Expected(joins: true);

        Assert.Null(placement.Into);
        Assert.Equal(["/unified/sandbox-job.*", "/v1/memory/sandbox-job.*", "/v1/cpu/sandbox-job.*"], placement.Joins);
    }

    [Fact]
    public void A_host_without_groups_places_a_job_in_none()
    {
        var placement = CgroupPlace.Nowhere([]).Expected(joins: true);

        Assert.Equal((null, 0), (placement.Into, placement.Descriptors));
        Assert.Equal((false, false, false), (placement.HoldsMemory, placement.CountsCpuTime, placement.HoldsProcesses));
    }

    [Fact]
    public void Version_2_holds_what_both_could()
    {
        var place = s_hybrid with { Version2Controllers = ["pids", "memory"] };

        Assert.Equal(("cgroup2", "cgroup2", "cgroup1", null), (place.By("memory"), place.By("pids"), place.By("cpu"), place.By("io")));
    }
}
