using System.Text;
using Sandbox.Tests.Images;
using Sandbox.Tests.Store;
using Xunit;

namespace Sandbox.Tests.Sdk;

/// <summary>The stores as a program on the package uses them.</summary>
public sealed class PublicStoresTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Directory => _directory.Path + "/store";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_file_that_was_put_is_listed_read_and_removed_by_its_digest()
    {
        var store = new FileStore(Directory);
        Assert.Empty(await store.ListAsync(Token));

        var stored = await store.PutAsync(_directory.Write("input", "some text"), Token);

        Assert.Equal((Sandbox.Tests.Store.TestStore.DigestOf("some text"), 9L), (stored.Sha256, stored.Bytes));
        Assert.Equal(stored.Sha256, Assert.Single(await store.ListAsync(Token)).Sha256);
        await store.VerifyAsync(stored.Sha256, Token);
        await using (var content = await store.OpenReadAsync(stored.Sha256, Token))
        {
            await store.RemoveAsync(stored.Sha256, Token);
            using var reader = new StreamReader(content, Encoding.UTF8);
            Assert.Equal("some text", await reader.ReadToEndAsync(Token));
        }

        Assert.Equal("ENOENT", (await Assert.ThrowsAsync<SandboxException>(() => store.OpenReadAsync(stored.Sha256, Token))).Errno);
    }

    [Fact]
    public async Task A_pipe_is_put_to_its_end_and_left_open()
    {
        using var source = File.OpenHandle(_directory.Write("input", "from a handle"));

        var stored = await new FileStore(Directory).PutFromAsync(source, "input", Token);

        Assert.Equal(Sandbox.Tests.Store.TestStore.DigestOf("from a handle"), stored.Sha256);
        Assert.False(source.IsClosed);
    }

    [Fact]
    public async Task What_is_more_than_the_store_may_have_is_refused_and_pruned()
    {
        var first = await new FileStore(Directory).PutAsync(_directory.Write("input", "some text"), Token);
        var small = new FileStore(Directory) { MaxBytes = 4 };

        await Assert.ThrowsAsync<SandboxException>(() => small.PutAsync(_directory.Write("other", "other text"), Token));
        var pruned = await small.PruneAsync(Token);

        Assert.Equal(first.Sha256, Assert.Single(pruned).Sha256);
        Assert.Empty(await small.ListAsync(Token));
        Assert.Equal(0, await small.RemoveDamagedAsync(Token));
    }

    [Fact]
    public async Task A_damaged_file_is_never_opened()
    {
        var store = new FileStore(Directory);
        var stored = await store.PutAsync(_directory.Write("input", "some text"), Token);
        var path = $"{Directory}/files/objects/{stored.Sha256}";
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(path, "some evil", Token);

        var failure = await Assert.ThrowsAsync<SandboxException>(() => store.OpenReadAsync(stored.Sha256, Token));

        Assert.Equal("EIO", failure.Errno);
        Assert.Equal(1, await store.RemoveDamagedAsync(Token));
    }

    [Fact]
    public async Task A_put_that_was_given_up_leaves_nothing()
    {
        var store = new FileStore(Directory);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PutAsync(_directory.Write("input", "some text"), new CancellationToken(canceled: true)));

        Assert.Empty(await store.ListAsync(Token));
    }

    [Theory]
    [InlineData("sha256:")]
    [InlineData("9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08")]
    [InlineData("../../../../etc/passwd")]
    public void What_is_no_digest_is_no_name_of_a_file(string name)
    {
        Assert.Throws<FormatException>(() => FileStore.DigestOf(name));
        Assert.Throws<ArgumentException>(() => { _ = new FileStore(Directory).RemoveAsync(name, Token); });
    }

    [Fact]
    public async Task An_image_is_imported_listed_and_removed()
    {
        var store = new ImageStore(Directory);
        var archive = new TestImage(new LayerText().File("hello", "you").ToArray()).Save(_directory);

        var imported = Assert.Single(await store.ImportAsync(archive, "mine:1", Token));

        Assert.Equal(["mine:1"], imported.Names);
        var listed = Assert.Single(await store.ListAsync(Token));
        Assert.Equal((imported.Digest, 1, 0), (listed.Digest, listed.Layers, listed.MissingLayers));
        Assert.Equal(imported.Digest, (await store.RemoveAsync("mine:1", Token)).Digest);
        Assert.Equal(1, (await store.PruneAsync(Token)).Layers);
        await Assert.ThrowsAsync<UnknownImageException>(() => store.RemoveAsync("mine:1", Token));
    }

    // The token is looked at for each block that comes out of a layer: one that is cancelled by then stops it in the middle.
    [Fact]
    public void An_import_that_was_given_up_keeps_no_image()
    {
        var archive = new TestImage(new LayerText().File("hello", "you").ToArray()).Save(_directory);
        var images = new Sandbox.Images.UnpackedImages(Directory + "/images") { Cancellation = new CancellationToken(canceled: true) };

        Assert.ThrowsAny<OperationCanceledException>(() => images.Import(archive));

        Assert.Empty(images.List());
    }

    [Fact]
    public async Task What_is_no_image_is_refused()
    {
        await Assert.ThrowsAsync<InvalidImageException>(() => new ImageStore(Directory).ImportAsync(_directory.Write("notes.tar", "no archive at all"), cancellationToken: Token));
        await Assert.ThrowsAsync<UnknownImageException>(() => new ImageStore(Directory).ImportAsync(_directory.Path + "/nowhere.tar", cancellationToken: Token));
    }

    [Fact]
    public void References_are_told_apart()
    {
        Assert.True(ImageStore.IsPath("./debian") && ImageStore.IsPath("debian.tar.gz"));
        Assert.False(ImageStore.IsPath("debian:12"));
        Assert.True(ImageStore.IsName("registry.example/team/app:1"));
        Assert.False(ImageStore.IsName("Debian Linux"));
        Assert.Equal(["debian:12"], ImageStore.NamesLike("debian", ["alpine:3", "debian:12"]));
        Assert.Contains("docker save debian", ImageStore.HowToImport("debian"), StringComparison.Ordinal);
    }
}
