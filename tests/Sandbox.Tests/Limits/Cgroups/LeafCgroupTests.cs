using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class LeafCgroupTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CgroupDirectory _parent;

    public LeafCgroupTests() => _ = CgroupDirectory.Open(_directory.Path, out _parent);

    public void Dispose()
    {
        _parent.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Where_nobody_lives_no_leaf_is_made()
    {
        _directory.Write("cgroup.procs", "");

        LeafCgroup.Make(_parent);

        Assert.False(_parent.Has(CgroupNames.Leaf));
    }

    [Fact]
    public void A_process_outside_of_the_pid_namespace_is_not_mistaken_for_the_caller()
    {
        _directory.Write("cgroup.procs", "0\n");
        _directory.Write(CgroupNames.Leaf + "/cgroup.procs", "");

        var refused = Assert.Throws<SandboxException>(() => LeafCgroup.Make(_parent));

        Assert.Equal(("EACCES", _directory.Path + "/cgroup.procs"), (refused.Errno, refused.Path));
        Assert.Equal("", _directory.Read(CgroupNames.Leaf + "/cgroup.procs"));
    }

    [Fact]
    public void Those_who_do_not_leave_are_no_endless_loop()
    {
        _directory.Write("cgroup.procs", "7\n");
        _directory.Write(CgroupNames.Leaf + "/cgroup.procs", "");

        var refused = Assert.Throws<SandboxException>(() => LeafCgroup.Make(_parent));

        Assert.Equal("EBUSY", refused.Errno);
        Assert.Equal("7", _directory.Read(CgroupNames.Leaf + "/cgroup.procs"));
    }
}
