using System.Diagnostics;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class BandwidthGroupTests : IDisposable
{
    private readonly FakeCgroup _group = new();

    public void Dispose() => _group.Dispose();

    [Theory]
    [InlineData(1.5, "150000 100000", 1.5)]
    [InlineData(0.25, "25000 100000", 0.25)]
    [InlineData(0.01, "1000 100000", 0.01)]
    [InlineData(0.001, "1000 100000", 0.01)]
    public void Version_2_takes_a_share_of_a_tenth_of_a_second(double cpus, string text, double effective)
    {
        using var bandwidth = new BandwidthGroup(_group.Write("cpu.max", "").Group, shareAbove: null, isVersion2: true);

        bandwidth.Limit(cpus);

        Assert.Equal(text, _group.Read("cpu.max"));
        Assert.Equal(effective, bandwidth.EffectiveCpus);
    }

    [Fact]
    public void Version_1_has_a_file_for_each_number()
    {
        _group.Write("cpu.cfs_period_us", "").Write("cpu.cfs_quota_us", "");
        using var bandwidth = new BandwidthGroup(_group.Group, shareAbove: null, isVersion2: false);

        bandwidth.Limit(2);

        Assert.Equal(("100000", "200000", 2.0), (_group.Read("cpu.cfs_period_us"), _group.Read("cpu.cfs_quota_us"), bandwidth.EffectiveCpus));
    }

    [Fact]
    public void What_version_1_refuses_for_a_smaller_share_above_becomes_that_share()
    {
        // A file of a child takes no more than 1000 and says EINVAL, as the kernel does where the group above has less.
        using var owner = Process.Start("sleep", "60");
        _group.Link("cpu.cfs_quota_us", $"/proc/{owner.Id}/oom_score_adj");
        _group.Write("cpu.cfs_period_us", "");
        using var bandwidth = new BandwidthGroup(_group.Group, shareAbove: 0.0075, isVersion2: false);

        bandwidth.Limit(2);

        owner.Kill();
        Assert.Equal(0.0075, bandwidth.EffectiveCpus);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2.0)]
    public void What_version_1_refuses_for_another_reason_is_refused(double? above)
    {
        using var owner = Process.Start("sleep", "60");
        _group.Link("cpu.cfs_quota_us", $"/proc/{owner.Id}/oom_score_adj");
        _group.Write("cpu.cfs_period_us", "");
        using var bandwidth = new BandwidthGroup(_group.Group, above, isVersion2: false);

        var refused = Assert.Throws<SandboxException>(() => bandwidth.Limit(2));

        owner.Kill();
        Assert.Equal(("/limits/cpus", "EINVAL"), (refused.Pointer, refused.Errno));
    }

    [Fact]
    public void No_limit_writes_nothing()
    {
        using var bandwidth = new BandwidthGroup(_group.Group, shareAbove: null, isVersion2: true);

        bandwidth.Limit(null);

        Assert.Null(bandwidth.EffectiveCpus);
    }

    [Fact]
    public void A_refusal_points_to_its_origin()
    {
        using var bandwidth = new BandwidthGroup(_group.Group, shareAbove: null, isVersion2: true);

        var refused = Assert.Throws<SandboxException>(() => bandwidth.Limit(1));

        Assert.Equal(("/limits/cpus", "ENOENT"), (refused.Pointer, refused.Errno));
    }

    [Theory]
    [InlineData("50000 100000", 0.5)]
    [InlineData("300000 100000", 3.0)]
    [InlineData("max 100000", null)]
    [InlineData("50000", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_share_is_a_quota_of_a_period(string? text, double? share) => Assert.Equal(share, BandwidthGroup.Ratio(text));

    [Fact]
    public void Waiting_is_counted_in_micro_or_nanoseconds()
    {
        _group.Write("cpu.stat", "nr_throttled 3\nthrottled_usec 2500\nthrottled_time 7000\n");
        using var second = new BandwidthGroup(_group.Group, shareAbove: null, isVersion2: true);
        using var first = new BandwidthGroup(_group.Group, shareAbove: null, isVersion2: false);

        Assert.Equal((TimeSpan.FromMicroseconds(2500), TimeSpan.FromMicroseconds(7)), (second.Throttled, first.Throttled));
    }
}
