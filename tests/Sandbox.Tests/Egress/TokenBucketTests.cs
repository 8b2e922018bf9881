using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>So much at once, then so much a second.</summary>
public sealed class TokenBucketTests
{
    [Fact]
    public void Who_takes_more_waits_as_long_as_it_was_too_much()
    {
        var clock = new HandSetClock();
        var bucket = new TokenBucket(burst: 3, perSecond: 10, clock);

        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.2)], Enumerable.Range(0, 5).Select(_ => bucket.Take()));
    }
}
