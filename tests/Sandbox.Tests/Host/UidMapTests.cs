using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class UidMapTests
{
    [Theory]
    [InlineData("         0          0 4294967295\n", true)]
    [InlineData("         0       1000          1\n         1     100000      65536\n", false)]
    [InlineData("0 0 1879048192\n1879048192 5 65536\n", true)]
    [InlineData("0 0 1879048192\n1879048192 5 65535\n", false)]
    [InlineData("", false)]
    public void A_range_is_covered_by_one_line_or_not_at_all(string map, bool expected)
    {
        var covered = UidMap.Covers(map, 0x7000_0000, 65536);

        Assert.Equal(expected, covered);
    }

    [Theory]
    [InlineData("         0          0 4294967295\n", true)]
    [InlineData("         0          0          1\n", true)]
    [InlineData("         0       1000          1\n         1     100000      65536\n", false)]
    [InlineData("", true)]
    public void A_root_who_may_be_the_hosts_is_taken_for_it(string map, bool expected)
    {
        var real = UidMap.IsRealRoot(map, 0x7000_0000, 65536);

        Assert.Equal(expected, real);
    }
}
