using Sandbox.Images;
using Xunit;

namespace Sandbox.Tests.Images;

/// <summary>A root directory that was packed by tar, as docker export does, is an image of one layer without a word on how to run it.</summary>
public sealed class RootDirectoryTests : IDisposable
{
    private readonly TestStore _store = new();

    private static LayerText Root => new LayerText().File(".dockerenv").Directory("etc").File("etc/motd", "hello").Link("bin", "usr/bin").Device("dev/console");

    [Theory]
    [InlineData("debian.tar", "", "debian:latest")]
    [InlineData("Alpine-3.20.tar.gz", "gzip", "alpine-3.20:latest")]
    [InlineData("base.tar.zst", "zstd", "base:latest")]
    [InlineData("My Root!.tar", "", null)]
    [InlineData("a:b.tar", "", null)]
    public void It_is_named_like_its_file(string file, string compression, string? name)
    {
        var imported = Assert.Single(_store.Store.Import(Write(file, TestImage.Compress(Root.ToArray(), compression))));

        Assert.Equal(name is null ? [] : [name], imported.Names);
        Assert.Equal((1, 1), (imported.NewLayers, imported.SkippedDevices));
        using var image = _store.Store.Open(imported.Digest);
        Assert.Equal("hello"u8.ToArray(), image.ReadFile("/etc/motd"));
        Assert.Equal((0, 0, 0, ""), (image.Config.Env.Count, image.Config.Command.Count, image.Config.Entrypoint.Count, image.Config.User));
    }

    [Fact]
    public void It_is_one_image_whatever_it_was_compressed_with()
    {
        var plain = _store.Store.Import(Write("a.tar", Root.ToArray()), "one");
        var packed = _store.Store.Import(Write("b.tar.gz", TestImage.Compress(Root.ToArray(), "gzip")), "two:2");

        Assert.Equal(plain[0].Digest, packed[0].Digest);
        Assert.Equal(["two:2"], packed[0].Names);
        Assert.Equal(0, packed[0].NewLayers);
    }

    [Fact]
    public void One_with_more_files_than_an_image_or_deeper_directories_is_taken()
    {
        var root = Root.File("usr/" + string.Join('/', Enumerable.Repeat("deep", 30)) + "/file", "x");
        for (var i = 0; i < 30; i++)
        {
            root.File($"usr/{i}");
        }

        var imported = new UnpackedImages(_store.Path) { Limits = new() { ArchiveFiles = 10 } }.Import(Write("root.tar", root.ToArray()));

        using var image = _store.Store.Open(imported[0].Digest);
        Assert.NotNull(image.ReadFile("/usr/29"));
    }

    [Fact]
    public void An_image_of_more_files_stays_refused()
    {
        var files = new TestImage(Root.ToArray()).DockerFiles();
        var manifest = files["manifest.json"];
        files.Remove("manifest.json");
        for (var i = 0; i < 30; i++)
        {
            files[$"{i}"] = [];
        }

        files["manifest.json"] = manifest;

        var failure = Assert.Throws<InvalidImageException>(() =>
            new UnpackedImages(_store.Path) { Limits = new() { ArchiveFiles = 10 } }.Import(Write("image.tar", TestImage.Archive(files))));

        Assert.Contains("more than 10 files", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_leads_out_is_refused_and_leaves_nothing()
    {
        var failure = Assert.Throws<InvalidImageException>(() => _store.Store.Import(Write("root.tar", Root.File("../evil", "x").ToArray())));

        Assert.Contains("\"..\" in its name", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_store.List("layers"));
        Assert.Empty(_store.List("passing"));
        Assert.Empty(_store.List("configs"));
    }

    [Fact]
    public void A_manifest_that_lies_deeper_makes_no_image()
    {
        var imported = Assert.Single(_store.Store.Import(Write("root.tar", Root.File("srv/manifest.json", "[]").File("srv/oci-layout", "{}").ToArray())));

        Assert.Equal(1, imported.NewLayers);
    }

    [Fact]
    public void A_directory_is_told_how_directories_are_given()
    {
        System.IO.Directory.CreateDirectory(_store.Directory.Path + "/root/etc");

        var failure = Assert.Throws<InvalidImageException>(() => _store.Store.Import(_store.Directory.Path + "/root"));

        Assert.Contains("\"directory\"", failure.Message, StringComparison.Ordinal);
    }

    // An image must not be able to have the archive itself unpacked as one of its layers.
    [Fact]
    public void An_image_cannot_name_its_own_archive_as_a_layer()
    {
        var files = new TestImage(Root.ToArray()).DockerFiles();
        files["manifest.json"] = System.Text.Encoding.UTF8.GetBytes(
            System.Text.Encoding.UTF8.GetString(files["manifest.json"]).Replace(TestImage.DiffId(Root.ToArray()) + "/layer.tar", ".", StringComparison.Ordinal));

        var failure = Assert.Throws<InvalidImageException>(() => _store.Store.Import(Write("image.tar", TestImage.Archive(files))));

        Assert.Contains("is missing", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _store.Dispose();

    private string Write(string name, byte[] bytes)
    {
        var path = $"{_store.Directory.Path}/{name}";
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
