using System.Security.Cryptography;
using Sandbox.Hashing;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class Sha256Tests
{
    [Fact]
    public void The_digest_of_abc_is_the_standards()
    {
        var digest = new Sha256();
        digest.Add("abc"u8);

        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Convert.ToHexStringLower(digest.Finish()));
    }

    [Fact]
    public void Every_length_gives_the_frameworks_digest_however_it_is_cut()
    {
        var bytes = Enumerable.Range(0, 300).Select(i => (byte)(i * 7)).ToArray();
        for (var length = 0; length <= bytes.Length; length++)
        {
            var digest = new Sha256();
            digest.Add(bytes.AsSpan(0, length / 3));
            digest.Add(bytes.AsSpan(length / 3, length - (length / 3)));

            Assert.Equal(SHA256.HashData(bytes.AsSpan(0, length)), digest.Finish());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    public void Content_has_the_same_digest_with_the_library_and_without(long expectedBytes)
    {
        var bytes = Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7)).ToArray();
        var digest = new ContentDigest(expectedBytes);
        digest.Add(bytes.AsSpan(0, 12_345));
        digest.Add(bytes.AsSpan(12_345));

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), digest.Finish());
    }

    [Fact]
    public void A_sha512_is_the_frameworks()
    {
        var bytes = Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7)).ToArray();
        var digest = ContentDigest.TrySha512()!;
        digest.Add(bytes.AsSpan(0, 12_345));
        digest.Add(bytes.AsSpan(12_345));

        Assert.Equal(Convert.ToHexStringLower(SHA512.HashData(bytes)), digest.Finish());
    }
}
