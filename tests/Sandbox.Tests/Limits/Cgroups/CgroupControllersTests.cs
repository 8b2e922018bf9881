using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class CgroupControllersTests : IDisposable
{
    private readonly FakeCgroup _group = new();
    private readonly List<string> _refused = [];

    public void Dispose() => _group.Dispose();

    [Fact]
    public void What_jobs_use_is_switched_on_and_nothing_else()
    {
        _group.Write("cgroup.subtree_control", "");

        var on = CgroupControllers.Enable(_group.Group, ["hugetlb", "cpu", "memory"], _refused);

        // Each is a write of its own, here over the one before.
        Assert.Equal("+cpuory", _group.Read("cgroup.subtree_control"));
        Assert.Equal(["memory", "cpu"], on);
        Assert.Empty(_refused);
    }

    [Fact]
    public void What_is_on_already_is_left_alone()
    {
        _group.Write("cgroup.subtree_control", "cpu memory hugetlb\n");

        var on = CgroupControllers.Enable(_group.Group, ["cpu", "memory"], _refused);

        Assert.Equal("cpu memory hugetlb\n", _group.Read("cgroup.subtree_control"));
        Assert.Equal(["memory", "cpu"], on);
    }

    [Fact]
    public void What_is_refused_is_not_on_and_says_why()
    {
        var on = CgroupControllers.Enable(_group.Group, ["memory", "io"], _refused);

        Assert.Empty(on);
        Assert.Equal(
            [
                $"the controller memory cannot be handed on at {_group.Group.Path}: ENOENT",
                $"the controller io cannot be handed on at {_group.Group.Path}: ENOENT",
            ],
            _refused);
    }
}
