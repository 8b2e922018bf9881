using System.Text.Json.Nodes;
using Sandbox.Images;
using Xunit;

namespace Sandbox.Tests.Images;

/// <summary>Archives as the tools write them that differ from those of docker and skopeo, and the examples of the specification.</summary>
public sealed class ToolArchiveTests : IDisposable
{
    private readonly TestStore _store = new();

    private static byte[] Layer => new LayerText().File("etc/motd", "hello").ToArray();

    // go-containerregistry's tarball, which kaniko, ko and crane write: config and layers are named by their digests, a layer that comes twice is one file.
    [Fact]
    public void A_tarball_of_kaniko_ko_and_crane_is_read()
    {
        var image = new TestImage(Layer, Layer);
        var packed = TestImage.Compress(Layer, "gzip");
        var file = TestImage.Digest(packed)[7..] + ".tar.gz";
        var files = new Dictionary<string, byte[]>
        {
            [image.Id] = image.ConfigBytes,
            [file] = packed,
            ["manifest.json"] = Manifest(image.Id, ["example.org/k:1"], file, file),
        };

        var imported = Import(files);

        Assert.Equal((image.Id, "example.org/k:1"), (imported.Digest, Assert.Single(imported.Names)));
    }

    [Fact]
    public void A_config_that_is_named_by_another_digest_is_refused()
    {
        var image = new TestImage(Layer);
        var name = "sha256:" + new string('0', 64);

        var failure = Assert.Throws<InvalidImageException>(() => Import(new()
        {
            [name] = image.ConfigBytes,
            ["layer.tar"] = Layer,
            ["manifest.json"] = Manifest(name, [], "layer.tar"),
        }));

        Assert.Contains("another digest", failure.Message, StringComparison.Ordinal);
    }

    // podman save, buildah: SHA.tar, and for old readers SHA/layer.tar, which is a link to it.
    [Fact]
    public void An_archive_of_podman_is_read()
    {
        var image = new TestImage(Layer);
        var file = TestImage.DiffId(Layer) + ".tar";
        var archive = new LayerText()
            .Raw(TestImage.Archive(new Dictionary<string, byte[]> { [file] = Layer, [image.Id[7..] + ".json"] = image.ConfigBytes })[..^1024])
            .Link("abc/layer.tar", "../" + file)
            .Raw(TestImage.Archive(new Dictionary<string, byte[]> { ["manifest.json"] = Manifest(image.Id[7..] + ".json", ["localhost/p:1"], file) }));

        Assert.Equal(image.Id, Assert.Single(_store.Store.Import(Write("podman.tar", archive.ToArray()))).Digest);
    }

    // bazel's rules_oci: a docker archive whose files lie as in a layout, without being one.
    [Fact]
    public void A_tarball_of_bazel_is_read()
    {
        var image = new TestImage(Layer);
        var (config, layer) = ($"blobs/sha256/{image.Id[7..]}", $"blobs/sha256/{TestImage.DiffId(Layer)}.tar.gz");

        var imported = Import(new()
        {
            ["./manifest.json"] = Manifest(config, ["b:1"], layer),
            ["./" + config] = image.ConfigBytes,
            ["./" + layer] = TestImage.Compress(Layer, "gzip"),
        });

        Assert.Equal(image.Id, imported.Digest);
    }

    // image-spec, "Image Layout", index.json Example: an index, a manifest of another platform, and an XML document.
    [Fact]
    public void What_an_index_lists_beside_images_is_ignored()
    {
        var image = new TestImage(Layer);
        var files = new Dictionary<string, byte[]>();
        var manifest = image.Manifest(files);
        var xml = TestImage.Add(files, "application/xml", "<components/>"u8.ToArray());
        xml["annotations"] = new JsonObject { ["org.freedesktop.specifications.metainfo.version"] = "1.0" };
        var strange = new JsonObject { ["mediaType"] = "application/vnd.example", ["digest"] = "sha512:" + new string('0', 128), ["size"] = 1 };
        foreach (var (name, content) in image.OciFiles())
        {
            files.TryAdd(name, content);
        }

        files["index.json"] = TestImage.Json(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(xml, strange, manifest) });

        Assert.Equal(image.Id, Import(files).Digest);
    }

    // eStargz is gzip of many members; zstd:chunked ends with frames to be skipped.
    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_layer_in_several_compressed_pieces_is_read(string compression)
    {
        var image = new TestImage(Layer);
        var half = Layer.Length / 2;
        byte[] packed = [.. TestImage.Compress(Layer[..half], compression), .. TestImage.Compress(Layer[half..], compression)];
        if (compression == "zstd")
        {
            packed = [.. packed, 0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4];
        }

        var imported = Import(new()
        {
            ["layer"] = packed,
            ["config.json"] = image.ConfigBytes,
            ["manifest.json"] = Manifest("config.json", [], "layer"),
        });

        Assert.Equal(image.Id, imported.Digest);
    }

    // Nix: absolute paths or "./", directories that nobody may write to, hard links across directories.
    [Theory]
    [InlineData("/")]
    [InlineData("./")]
    [InlineData("")]
    public void A_layer_of_nix_is_unpacked(string prefix)
    {
        var layer = new LayerText()
            .Directory(prefix + "nix", 0x16d).Directory(prefix + "nix/store", 0x16d).Directory(prefix + "nix/store/a", 0x16d)
            .File(prefix + "nix/store/a/file", "text", 0x124).Directory(prefix + "nix/store/b", 0x16d)
            .HardLink(prefix + "nix/store/b/same", (prefix == "/" ? "" : prefix) + "nix/store/a/file").ToArray();

        var tree = _store.Unpack(layer);

        Assert.Equal("text", File.ReadAllText(tree + "/nix/store/b/same"));
    }

    public void Dispose() => _store.Dispose();

    private ImportedImage Import(Dictionary<string, byte[]> files) =>
        Assert.Single(_store.Store.Import(Write("image.tar", TestImage.Archive(files))));

    private static byte[] Manifest(string config, string[] tags, params string[] layers) => TestImage.Json(new JsonArray(new JsonObject
    {
        ["Config"] = config,
        ["RepoTags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]),
        ["Layers"] = new JsonArray([.. layers.Select(layer => (JsonNode)layer)]),
    }));

    private string Write(string name, byte[] bytes)
    {
        var path = $"{_store.Directory.Path}/{name}";
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
