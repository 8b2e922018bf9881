using Sandbox.Interop;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class CpusetGroupTests : IDisposable
{
    private readonly FakeCgroup _group = new();

    public void Dispose() => _group.Dispose();

    [Fact]
    public void Version_2_tells_which_of_the_processors_there_are()
    {
        _group.Write("cpuset.cpus", "").Write("cpuset.cpus.effective", "1\n");
        var cpuset = new CpusetGroup(_group.Group, isVersion2: true);

        cpuset.Limit(CpuSet.Of(1, 2, 3));

        Assert.Equal("1-3", _group.Read("cpuset.cpus"));
        Assert.Equal(CpuSet.Of(1), cpuset.Effective);
    }

    [Fact]
    public void Version_1_tells_it_in_another_file()
    {
        _group.Write("cpuset.cpus", "").Write("cpuset.effective_cpus", "0-1\n");
        var cpuset = new CpusetGroup(_group.Group, isVersion2: false);

        cpuset.Limit(CpuSet.Of(0, 1));

        Assert.Equal(CpuSet.Of(0, 1), cpuset.Effective);
    }

    [Fact]
    public void No_choice_writes_nothing()
    {
        var cpuset = new CpusetGroup(_group.Write("cpuset.cpus", "").Group, isVersion2: true);

        cpuset.Limit(null);

        Assert.Equal("", _group.Read("cpuset.cpus"));
        Assert.Null(cpuset.Effective);
    }

    [Fact]
    public void A_group_of_version_1_is_given_what_the_one_above_has()
    {
        _group.Write("cpuset.mems", "").Write("cpuset.cpus", "").WriteAbove("cpuset.effective_mems", "0-1\n").WriteAbove("cpuset.effective_cpus", "2-3\n");
        var cpuset = new CpusetGroup(_group.Group, isVersion2: false);

        cpuset.Inherit(_group.Parent);

        Assert.Equal(("0-1", "2-3"), (_group.Read("cpuset.mems"), _group.Read("cpuset.cpus")));
    }

    [Fact]
    public void A_group_of_version_2_needs_none_of_it()
    {
        _group.Write("cpuset.mems", "").Write("cpuset.cpus", "").WriteAbove("cpuset.effective_mems", "0\n");
        var cpuset = new CpusetGroup(_group.Group, isVersion2: true);

        cpuset.Inherit(_group.Parent);

        Assert.Equal(("", ""), (_group.Read("cpuset.mems"), _group.Read("cpuset.cpus")));
    }

    [Fact]
    public void A_refusal_points_to_its_origin()
    {
        var cpuset = new CpusetGroup(_group.Group, isVersion2: true);

        var refused = Assert.Throws<SandboxException>(() => cpuset.Limit(CpuSet.Of(0)));

        Assert.Equal(("/cpuset", "ENOENT"), (refused.Pointer, refused.Errno));
    }
}
