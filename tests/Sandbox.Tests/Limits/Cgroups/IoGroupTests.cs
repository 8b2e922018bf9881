using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class IoGroupTests : IDisposable
{
    private readonly FakeCgroup _group = new();

    public void Dispose() => _group.Dispose();

    [Fact]
    public void A_rate_that_no_device_takes_is_refused()
    {
        var group = new IoGroup(_group.Group);

        var reading = Assert.Throws<SandboxException>(() => group.Limit(1 << 20, null));
        var writing = Assert.Throws<SandboxException>(() => group.Limit(null, 1 << 20));

        Assert.Equal(("/limits/ioRead", "/limits/ioWrite"), (reading.Pointer, writing.Pointer));
    }

    [Fact]
    public void No_rate_asks_no_device()
    {
        var refusal = Record.Exception(() => new IoGroup(_group.Group).Limit(null, null));

        Assert.Null(refusal);
    }
}
