using System.Text;
using Sandbox.Hashing;
using Xunit;

namespace Sandbox.Tests.Store;

public sealed class TenantStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private FileStore Store => new(_directory.Path + "/store");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(1 << 20)]
    [InlineData((2 << 20) + 3)]
    public async Task A_stream_is_kept_under_its_digest_however_it_comes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);

        var stored = await Store.PutStreamAsync(new Trickle(bytes), Digest(bytes), Cancellation);

        Assert.Equal(length, stored.Bytes);
        Assert.Equal(bytes, await ReadAsync(Store, stored.Sha256));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(3 << 20)]
    public async Task What_is_not_what_it_is_called_is_not_there_and_leaves_nothing(int length)
    {
        var bytes = new byte[length];
        var digest = Digest("another"u8.ToArray());

        var failure = await Assert.ThrowsAsync<SandboxException>(() => Store.PutStreamAsync(new MemoryStream(bytes), digest, Cancellation));

        Assert.Equal("EBADMSG", failure.Errno);
        Assert.Empty(await Store.ListAsync(Cancellation));
        Assert.Empty(Directory.GetFiles(_directory.Path + "/store/files/incoming"));
    }

    [Fact]
    public async Task What_is_too_large_or_breaks_off_leaves_nothing()
    {
        var bytes = new byte[(2 << 20) + 1];
        var small = new FileStore(_directory.Path + "/store") { MaxBytes = 2 << 20 };

        var failure = await Assert.ThrowsAsync<SandboxException>(() => small.PutStreamAsync(new MemoryStream(bytes), Digest(bytes), Cancellation));
        await Assert.ThrowsAsync<IOException>(() => Store.PutStreamAsync(new Trickle(bytes) { BreaksAt = 2 << 20 }, Digest(bytes), Cancellation));

        Assert.Equal("EFBIG", failure.Errno);
        Assert.Empty(await Store.ListAsync(Cancellation));
        Assert.Empty(Directory.GetFiles(_directory.Path + "/store/files/incoming"));
    }

    [Fact]
    public async Task A_tenant_has_its_own_files_and_nobody_elses()
    {
        var bytes = "a secret"u8.ToArray();
        var digest = Digest(bytes);
        await Store.PutStreamAsync(new MemoryStream(bytes), digest, Cancellation);
        await Store.OfTenant("../a").PutStreamAsync(new MemoryStream(bytes), digest, Cancellation);

        var failure = await Assert.ThrowsAsync<SandboxException>(() => Store.OfTenant("b").OpenReadAsync(digest, Cancellation));
        await Store.RemoveAsync(digest, Cancellation);

        Assert.Equal("ENOENT", failure.Errno);
        Assert.Equal(bytes, await ReadAsync(Store.OfTenant("../a"), digest));
        Assert.Empty(await Store.ListAsync(Cancellation));
        Assert.Equal(["store"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task What_nobody_used_for_long_goes_and_what_is_used_stays()
    {
        var tenant = Store.OfTenant("a");
        var (old, fresh) = (await PutAsync(tenant, "old"), await PutAsync(tenant, "fresh"));
        var own = await PutAsync(Store, "the user's");
        var age = TimeSpan.FromDays(1);
        foreach (var mark in new[] { $"{_directory.Path}/store/tenants/{Digest("a"u8.ToArray())}/files/marks/{old}", $"{_directory.Path}/store/files/marks/{own}" })
        {
            using var touch = System.Diagnostics.Process.Start("touch", ["-h", "-d", "2 days ago", mark]);
            await touch.WaitForExitAsync(Cancellation);
        }

        await (new FileStore(_directory.Path + "/store") { MaxAge = age }).PruneTenantsAsync(Cancellation);

        Assert.Equal([fresh], (await tenant.ListAsync(Cancellation)).Select(static file => file.Sha256));
        Assert.Equal([own], (await Store.ListAsync(Cancellation)).Select(static file => file.Sha256));
    }

    private static async Task<string> PutAsync(FileStore store, string text) =>
        (await store.PutStreamAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), Digest(Encoding.UTF8.GetBytes(text)), Cancellation)).Sha256;

    private static async Task<byte[]> ReadAsync(FileStore store, string digest)
    {
        await using var file = await store.OpenReadAsync(digest, Cancellation);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, Cancellation);
        return bytes;
    }

    private static string Digest(byte[] bytes) => ContentDigest.Of(bytes);

    // As of a network: a few bytes at a time, and perhaps an end in the middle.
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public int? BreaksAt { get; init; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= BreaksAt ? throw new IOException("the connection is gone") : base.ReadAsync(buffer[..Math.Min(buffer.Length, 40_009)], cancellationToken);
    }
}
