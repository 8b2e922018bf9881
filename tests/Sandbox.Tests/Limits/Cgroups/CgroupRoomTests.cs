using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class CgroupRoomTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CgroupFolder _parent;

    public CgroupRoomTests() => _ = CgroupFolder.Open(_folder.Path, out _parent);

    public void Dispose()
    {
        _parent.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Where_nobody_lives_no_room_is_made()
    {
        _folder.Write("cgroup.procs", "");

        CgroupRoom.Make(_parent);

        Assert.False(_parent.Has(CgroupNames.Room));
    }

    [Fact]
    public void A_process_outside_of_the_pid_namespace_is_not_mistaken_for_the_caller()
    {
        _folder.Write("cgroup.procs", "0\n");
        _folder.Write(CgroupNames.Room + "/cgroup.procs", "");

        var refused = Assert.Throws<SandboxException>(() => CgroupRoom.Make(_parent));

        Assert.Equal(("EACCES", _folder.Path + "/cgroup.procs"), (refused.Errno, refused.Path));
        Assert.Equal("", _folder.Read(CgroupNames.Room + "/cgroup.procs"));
    }

    [Fact]
    public void Those_who_do_not_leave_are_no_endless_loop()
    {
        _folder.Write("cgroup.procs", "7\n");
        _folder.Write(CgroupNames.Room + "/cgroup.procs", "");

        var refused = Assert.Throws<SandboxException>(() => CgroupRoom.Make(_parent));

        Assert.Equal("EBUSY", refused.Errno);
        Assert.Equal("7", _folder.Read(CgroupNames.Room + "/cgroup.procs"));
    }
}
