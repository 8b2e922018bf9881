using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class CgroupNamesTests
{
    [Theory]
    [InlineData("sandbox-job.1-2-3")]
    [InlineData("sandbox-job.4194304-1a2b3c4d5e-ff")]
    public void A_name_by_process_moment_and_count_is_a_jobs(string name) => Assert.True(CgroupNames.IsJob(name));

    [Theory]
    [InlineData("")]
    [InlineData("sandbox.slice")]
    [InlineData("sandbox-room")]
    [InlineData("sandbox-job")]
    [InlineData("sandbox-job.")]
    [InlineData("sandbox-job.1")]
    [InlineData("sandbox-job.1-2")]
    [InlineData("sandbox-job.1-2-")]
    [InlineData("sandbox-job.1--3")]
    [InlineData("sandbox-job.-2-3")]
    [InlineData("sandbox-job.1-2-3-4")]
    [InlineData("sandbox-job.a-2-3")]
    [InlineData("sandbox-job.1-A-3")]
    [InlineData("sandbox-job.1-2-g")]
    [InlineData("sandbox-job.1-2-3\n")]
    [InlineData("sandbox-job.1-2-3.scope")]
    [InlineData("sandbox-job.\u0661-2-3")]
    [InlineData("Sandbox-job.1-2-3")]
    [InlineData("my-sandbox-job.1-2-3")]
    public void Any_other_name_is_somebody_elses(string name) => Assert.False(CgroupNames.IsJob(name));

    [Fact]
    public void A_new_name_is_a_jobs_by_this_process_and_no_other()
    {
        var (one, other) = (CgroupNames.NewJob(), CgroupNames.NewJob());

        Assert.True(CgroupNames.IsJob(one));
        Assert.StartsWith($"sandbox-job.{Environment.ProcessId}-", one, StringComparison.Ordinal);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void The_leaf_for_those_who_moved_is_no_jobs() => Assert.False(CgroupNames.IsJob(CgroupNames.Leaf));
}
