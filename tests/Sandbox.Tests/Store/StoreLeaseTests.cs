using Xunit;

namespace Sandbox.Tests.Store;

public sealed class StoreLeaseTests : IDisposable
{
    private readonly TestStore _test = new();

    [Fact]
    public void A_file_that_is_not_there_is_named_with_who_asked_for_it()
    {
        _ = _test.Put("other");
        var digest = TestStore.DigestOf("text");

        var missing = Assert.Throws<SandboxException>(() => _test.Lease(digest));

        Assert.Equal(("ENOENT", (string?)null, "/stdin/from"), (missing.Errno, missing.Path, missing.Pointer));
        Assert.Contains("sandbox store put", missing.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_store_the_file_is_missing_too()
    {
        var missing = Assert.Throws<SandboxException>(() => _test.Lease(TestStore.DigestOf("text")));

        Assert.Equal(("ENOENT", "/stdin/from"), (missing.Errno, missing.Pointer));
    }

    [Fact]
    public void A_file_changed_since_it_was_put_is_refused_and_moved_aside()
    {
        var digest = _test.Put("text");
        _test.Damage(digest);

        var damaged = Assert.Throws<SandboxException>(() => _test.Lease(digest));

        Assert.Equal(("EIO", "/stdin/from"), (damaged.Errno, damaged.Pointer));
        Assert.False(File.Exists(_test.PathOf(digest)));
    }

    [Fact]
    public void A_file_that_only_looks_changed_is_read_again_and_used()
    {
        var digest = _test.Put("text");
        File.SetLastWriteTimeUtc(_test.PathOf(digest), DateTime.UnixEpoch);
        var mark = new FileInfo($"{_test.Directory}/files/marks/{digest}");
        var before = mark.LinkTarget;

        using var lease = _test.Lease(digest);

        Assert.NotEqual(before, new FileInfo(mark.FullName).LinkTarget);
    }

    [Fact]
    public void A_file_is_in_use_until_the_lease_ends()
    {
        var digest = _test.Put("text");

        var lease = _test.Lease(digest);
        var during = _test.Store.List().Single().InUse;
        var refused = Assert.Throws<SandboxException>(() => _test.Store.Remove(digest));
        lease.Dispose();

        Assert.True(during);
        Assert.Equal("EBUSY", refused.Errno);
        Assert.False(_test.Store.List().Single().InUse);
        Assert.Empty(System.IO.Directory.EnumerateFiles($"{_test.Directory}/files/leases"));
    }

    [Fact]
    public void A_failed_lease_leaves_none_behind()
    {
        var digest = _test.Put("text");

        Assert.Throws<SandboxException>(() => _test.Lease(digest, TestStore.DigestOf("missing")));

        Assert.False(_test.Store.List().Single().InUse);
    }

    [Fact]
    public void A_lease_that_nobody_holds_counts_for_nothing()
    {
        var digest = _test.Put("text");
        var left = $"{_test.Directory}/files/leases/of-a-killed-host";
        File.WriteAllText(left, digest + "\n");

        var files = _test.Store.List();

        Assert.False(files.Single().InUse);
        Assert.False(File.Exists(left));
    }

    [Fact]
    public void A_use_is_noted_after_a_minute_and_not_before()
    {
        var (old, recent) = (_test.Put("old"), _test.Put("recent"));
        _test.Age(old, TimeSpan.FromSeconds(90));
        _test.Age(recent, TimeSpan.FromSeconds(30));

        using var lease = _test.Lease(old, recent);

        Assert.InRange(AgeOf(old), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.InRange(AgeOf(recent), TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(50));
    }

    public void Dispose() => _test.Dispose();

    private TimeSpan AgeOf(string digest) => DateTimeOffset.UtcNow - _test.Store.List().Single(file => file.Sha256 == digest).UsedAt;
}
