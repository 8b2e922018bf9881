using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class IoStatTests
{
    [Fact]
    public void Devices_are_summed()
    {
        var usage = IoStat.Sum("8:0 rbytes=4096 wbytes=512 rios=1 wios=2 dbytes=7 dios=7\n8:16 rbytes=1 wbytes=2 rios=3 wios=4\n253:0 \n");

        Assert.Equal(new IoUsage { ReadBytes = 4097, WrittenBytes = 514, Reads = 4, Writes = 6 }, usage);
    }

    [Fact]
    public void A_job_that_touched_no_device_did_nothing_and_that_is_known()
    {
        Assert.Equal(new IoUsage { ReadBytes = 0, WrittenBytes = 0, Reads = 0, Writes = 0 }, IoStat.Sum(""));
        Assert.Null(IoStat.Sum(null));
    }
}
