using Sandbox.Interop;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class CgroupRemovalTests : IDisposable
{
    private const string Job = "sandbox-job.1-2-3";

    private readonly TemporaryDirectory _directory = new();
    private readonly CgroupDirectory _parent;

    public CgroupRemovalTests() => _ = CgroupDirectory.Open(_directory.Path, out _parent);

    public void Dispose()
    {
        _parent.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_job_that_no_host_holds_is_removed()
    {
        _parent.Make(Job);

        CgroupRemoval.RemoveAbandoned(_parent);

        Assert.False(_parent.Has(Job));
    }

    [Fact]
    public void A_job_that_a_host_holds_is_left_alone()
    {
        _parent.Make(Job);
        _ = _parent.OpenBelow(Job, out var held);
        using (held)
        {
            Assert.Equal(0, Libc.TryLock(held.Handle));

            CgroupRemoval.RemoveAbandoned(_parent);

            Assert.True(_parent.Has(Job));
        }
    }

    [Theory]
    [InlineData("sandbox-job.")]
    [InlineData("sandbox-job.1-2")]
    [InlineData("sandbox-room")]
    [InlineData("sandbox.slice")]
    public void What_is_not_a_jobs_by_its_name_is_left_alone(string name)
    {
        _parent.Make(name);

        CgroupRemoval.RemoveAbandoned(_parent);

        Assert.True(_parent.Has(name));
    }

    [Fact]
    public void Whoever_is_in_a_dead_hosts_group_keeps_it_and_lives()
    {
        _directory.Write(Job + "/cgroup.kill", "");
        _directory.Write(Job + "/cgroup.procs", "7\n");

        CgroupRemoval.RemoveAbandoned(_parent);

        Assert.Equal(("", "7\n"), (_directory.Read(Job + "/cgroup.kill"), _directory.Read(Job + "/cgroup.procs")));
    }
}
