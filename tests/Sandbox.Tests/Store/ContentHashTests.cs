using System.Security.Cryptography;
using Sandbox.Store;
using Xunit;

namespace Sandbox.Tests.Store;

public sealed class ContentHashTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData((2 << 20) + 65)]
    public void The_digest_is_that_of_the_framework_whoever_computes_it(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var hash = new ContentHash(length);

        hash.Add(bytes.AsSpan(0, length / 3));
        hash.Add(bytes.AsSpan(length / 3));

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), hash.Finish());
    }
}
