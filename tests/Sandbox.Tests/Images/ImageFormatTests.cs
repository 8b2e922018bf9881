using System.Text.Json.Nodes;
using Sandbox.Images;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Images;

public sealed class ImageFormatTests : IDisposable
{
    private const string IndexType = "application/vnd.oci.image.index.v1+json";

    private static readonly string s_other = Platform.Here.Architecture == "amd64" ? "arm64" : "amd64";

    private readonly TestStore _store = new();

    private static byte[] Layer => new LayerText().File("etc/motd", "hello").ToArray();

    [Theory]
    [InlineData("", "image.tar", "")]
    [InlineData("gzip", "image.tar", "")]
    [InlineData("zstd", "image.tar", "")]
    [InlineData("gzip", "image.tar.gz", "gzip")]
    [InlineData("", "image.tgz", "gzip")]
    [InlineData("zstd", "image.tar.zst", "zstd")]
    [InlineData("", "misnamed.tar", "zstd")]
    public void An_archive_of_docker_save_and_one_of_oci_are_the_same_image(string layers, string file, string archive)
    {
        var image = new TestImage(Layer, new LayerText().File("b").ToArray()) { Compression = layers };
        var docker = Write(file, TestImage.Compress(TestImage.Archive(image.DockerFiles()), archive));
        var oci = Write("oci-" + file, TestImage.Compress(TestImage.Archive(image.OciFiles()), archive));

        var imported = _store.Store.Import(docker).Concat(_store.Store.Import(oci)).ToArray();

        Assert.Equal([image.Id, image.Id], imported.Select(one => one.Digest));
        Assert.Equal([2, 0], imported.Select(one => one.NewLayers));
    }

    [Fact]
    public void An_oci_layout_in_a_directory_is_read()
    {
        var image = new TestImage(Layer) { Compression = "gzip" };

        var imported = Assert.Single(_store.Store.Import(TestImage.Spread(_store.Directory, "layout", image.OciFiles())));

        Assert.Equal(image.Id, imported.Digest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    public async Task A_pipe_is_read(string compression)
    {
        var image = new TestImage(Layer);
        var archive = TestImage.Compress(TestImage.Archive(image.DockerFiles()), compression);
        Assert.Equal(0, Libc.Pipe(weRead: true, out var read, out var write));
        var writing = Task.Run(
            () =>
            {
                using (write)
                {
                    return Libc.WriteAll(write, archive);
                }
            },
            TestContext.Current.CancellationToken);

        var imported = Assert.Single(_store.Store.Import(read, "<stdin>"));

        Assert.Equal(image.Id, imported.Digest);
        Assert.Equal(0, await writing);
    }

    [Fact]
    public void An_index_in_an_index_leads_to_the_image_for_this_machine()
    {
        var image = new TestImage(Layer) { ReferenceName = "example.org/app:1" };
        var files = new Dictionary<string, byte[]>();
        var here = WithPlatform(image.Manifest(files), Platform.Here.Architecture);
        var other = WithPlatform(new TestImage(Layer) { Architecture = s_other }.Manifest(files), s_other);
        var attestation = WithPlatform(TestImage.Add(files, "application/vnd.oci.image.manifest.v1+json", "{}"u8.ToArray()), "unknown", "unknown");
        var inner = TestImage.Add(files, IndexType, Index(other, attestation, here));
        foreach (var (name, content) in image.OciFiles(_ => TestImage.Add(files, IndexType, Index(inner))))
        {
            files.TryAdd(name, content);
        }

        var imported = Assert.Single(_store.Store.Import(Write("image.tar", TestImage.Archive(files))));

        Assert.Equal(image.Id, imported.Digest);
    }

    [Fact]
    public void An_image_for_other_machines_only_is_refused_with_what_there_is()
    {
        var image = new TestImage(Layer) { Architecture = s_other };

        var oci = Refusal(Write("oci.tar", TestImage.Archive(image.OciFiles())));
        var indexed = Refusal(Write("index.tar", TestImage.Archive(image.OciFiles(manifest => WithPlatform(manifest, "s390x")))));
        var docker = Refusal(image.Save(_store.Directory));

        Assert.Equal($"no image for {Platform.Here}: it has linux/{s_other}", oci);
        Assert.Equal($"no image for {Platform.Here}: it has linux/s390x", indexed);
        Assert.Equal(oci, docker);
    }

    [Fact]
    public void Indexes_in_each_other_end()
    {
        var files = new Dictionary<string, byte[]>();
        var deepest = new TestImage(Layer).Manifest(files);
        for (var i = 0; i < 5; i++)
        {
            deepest = TestImage.Add(files, IndexType, Index(deepest));
        }

        foreach (var (name, content) in new TestImage(Layer).OciFiles(_ => deepest))
        {
            files.TryAdd(name, content);
        }

        Assert.Contains("deeper than 4", Refusal(Write("image.tar", TestImage.Archive(files))), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_images_are_imported_together_but_not_under_one_name()
    {
        var (one, two) = (new TestImage(Layer) { Tags = ["one:1"] }, new TestImage(Layer) { Tags = ["two:2"], Config = new() { ["User"] = "1" } });
        var files = one.DockerFiles();
        var manifests = new JsonArray([.. new[] { one, two }.Select(image => JsonNode.Parse(image.DockerFiles()["manifest.json"])![0]!.DeepClone())]);
        foreach (var (name, content) in two.DockerFiles())
        {
            files[name] = content;
        }

        files["manifest.json"] = TestImage.Json(manifests);
        var path = Write("image.tar", TestImage.Archive(files));

        var imported = _store.Store.Import(path);

        Assert.Equal(["one:1", "two:2"], imported.SelectMany(image => image.Names));
        Assert.Contains("cannot all be named", Assert.Throws<InvalidImageException>(() => _store.Store.Import(path, "both")).Message, StringComparison.Ordinal);
        Assert.Contains("refer to one by name (one:1, two:2)", Assert.Throws<InvalidImageException>(() => _store.Store.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_that_docker_saved_as_a_link_is_found()
    {
        var image = new TestImage(Layer);
        var files = image.DockerFiles();
        var name = TestImage.DiffId(Layer) + "/layer.tar";
        var archive = new LayerText().Raw(WithoutEnd(new() { ["shared/layer.tar"] = files[name] })).Link(name, "../shared/layer.tar");
        files.Remove(name);
        archive.Raw(WithoutEnd(files));

        var imported = Assert.Single(_store.Store.Import(Write("image.tar", archive.ToArray())));

        Assert.Equal(image.Id, imported.Digest);
    }

    public static TheoryData<string, string> Damage => new()
    {
        { "is missing", "drop layer" },
        { "another digest", "flip layer" },
        { "bytes, not the", "cut layer" },
        { "has the digest", "lie about diff_id" },
        { "is missing", "drop config" },
        { "another digest", "flip config" },
        { "2 layers and its config 1", "add layer" },
        { "is of the type", "strange layer" },
        { "no JSON", "break index" },
        { "sha256 and sha512 are known", "unknown digest" },
        { "version", "layout version" },
        { "no index.json", "drop index" },
        { "manifests is not of the type", "wrong type" },
        { "larger than", "huge index" },
    };

    [Theory]
    [MemberData(nameof(Damage))]
    public void A_damaged_layout_is_refused_with_the_reason(string reason, string damage)
    {
        var files = Damaged(damage);

        var refusal = Refusal(TestImage.Spread(_store.Directory, "layout", files));

        Assert.Contains(reason, refusal, StringComparison.Ordinal);
        Assert.Empty(_store.List("passing"));
        Assert.Empty(_store.List("configs"));
    }

    [Theory]
    [InlineData("manifest.json", "\"Layers\"", "\"\\udc00\": 1, \"Layers\"")]
    [InlineData("manifest.json", "\"Layers\"", "\"x\": [{ \"y\": \"\\ud800\" }], \"Layers\"")]
    [InlineData("manifest.json", "\"Layers\"", "\"RepoTags\": [\"a\\ud800\"], \"Layers\"")]
    [InlineData("manifest.json", "\"Layers\"", "\"\u00ff\": 1, \"Layers\"")]
    public void A_text_that_is_none_is_refused_wherever_it_stands(string document, string before, string after)
    {
        var files = new TestImage(Layer).DockerFiles();
        // Latin-1: a character above 0x7F becomes a byte that is no UTF-8.
        files[document] = System.Text.Encoding.Latin1.GetBytes(System.Text.Encoding.Latin1.GetString(files[document]).Replace(before, after, StringComparison.Ordinal));

        var refusal = Refusal(Write("image.tar", TestImage.Archive(files)));

        Assert.Contains("no", refusal, StringComparison.Ordinal);
        Assert.Empty(_store.List("configs"));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_compressed_layer_that_is_cut_is_refused(string compression)
    {
        var layer = new LayerText().File("noise", string.Concat(Enumerable.Range(0, 20_000))).ToArray();
        var image = new TestImage(layer) { Compression = compression };
        var files = image.DockerFiles();
        var name = TestImage.DiffId(layer) + "/layer.tar";
        files[name] = files[name][..(files[name].Length / 2)];

        Assert.NotEmpty(Refusal(Write("image.tar", TestImage.Archive(files))));
        Assert.Empty(_store.List("layers"));
    }

    [Fact]
    public void What_is_no_image_is_refused()
    {
        Assert.Contains("neither oci-layout nor manifest.json", Refusal(Write("a.tar", new LayerText().File("src/main.c", "int x;").ToArray())), StringComparison.Ordinal);
        Assert.Contains("no tar archive", Refusal(Write("b.tar", new byte[511].Select(_ => (byte)'x').Append((byte)'x').ToArray())), StringComparison.Ordinal);
        Assert.Contains("neither", Refusal(Write("empty.tar", [])), StringComparison.Ordinal);
        Assert.Contains("xz", Refusal(Write("c.tar.xz", [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0])), StringComparison.Ordinal);
        Assert.Contains("neither", Refusal(_store.Directory.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_there_is_told_from_what_is_no_image()
    {
        var failure = Assert.Throws<UnknownImageException>(() => _store.Store.Import(_store.Directory.Path + "/nowhere.tar"));

        Assert.Equal("ENOENT", failure.Errno);
    }

    [Theory]
    [InlineData("/outside")]
    [InlineData("outside")]
    [InlineData("itself")]
    public void A_layout_in_a_directory_cannot_lead_out_of_it(string target)
    {
        var image = new TestImage(Layer);
        var directory = TestImage.Spread(_store.Directory, "layout", image.OciFiles());
        var blob = $"{directory}/blobs/sha256/{TestImage.DiffId(Layer)}";
        File.Move(blob, _store.Directory.Path + "/outside");
        File.CreateSymbolicLink(blob, target == "outside" ? "../../../outside" : target == "itself" ? Path.GetFileName(blob) : _store.Directory.Path + "/outside");

        Assert.Contains("symbolic link that leads out", Refusal(directory), StringComparison.Ordinal);
    }

    public void Dispose() => _store.Dispose();

    private static Dictionary<string, byte[]> Damaged(string damage)
    {
        var image = new TestImage(Layer);
        var files = image.OciFiles();
        var (layer, config) = ("blobs/sha256/" + TestImage.DiffId(Layer), "blobs/sha256/" + image.Id[7..]);
        switch (damage)
        {
            case "drop layer": files.Remove(layer); break;
            case "flip layer": files[layer][^1] ^= 1; break;
            case "cut layer": files[layer] = files[layer][..^1]; break;
            case "drop config": files.Remove(config); break;
            case "flip config": files[config][^2] ^= 1; break;
            case "break index": files["index.json"] = "{"u8.ToArray(); break;
            case "layout version": files["oci-layout"] = "{\"imageLayoutVersion\":\"9\"}"u8.ToArray(); break;
            case "drop index": files.Remove("index.json"); break;
            case "wrong type": files["index.json"] = "{\"manifests\":{}}"u8.ToArray(); break;
            case "huge index": files["index.json"] = new byte[(4 << 20) + 1]; break;
            default: return Remade(damage);
        }

        return files;
    }

    // Damage in a document that is itself vouched for.
    private static Dictionary<string, byte[]> Remade(string damage)
    {
        var image = damage == "lie about diff_id" ? new TestImage(new LayerText().File("another").ToArray()) : new TestImage(Layer);
        var files = new Dictionary<string, byte[]>();
        var layer = TestImage.Add(files, damage == "strange layer" ? "application/wasm" : "application/vnd.oci.image.layer.v1.tar", Layer);
        if (damage == "unknown digest")
        {
            layer["digest"] = "sha384:" + new string('0', 96);
        }

        var layers = damage == "add layer" ? new JsonArray(layer, layer.DeepClone()) : new JsonArray(layer);
        var manifest = TestImage.Add(files, "application/vnd.oci.image.manifest.v1+json", TestImage.Json(new JsonObject
        {
            ["config"] = TestImage.Add(files, "application/vnd.oci.image.config.v1+json", image.ConfigBytes),
            ["layers"] = layers,
        }));
        foreach (var (name, content) in image.OciFiles(_ => manifest))
        {
            files.TryAdd(name, content);
        }

        return files;
    }

    private string Refusal(string path) => Assert.Throws<InvalidImageException>(() => _store.Store.Import(path)).Message;

    private string Write(string name, byte[] bytes)
    {
        var path = $"{_store.Directory.Path}/{name}";
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] WithoutEnd(Dictionary<string, byte[]> files) => TestImage.Archive(files)[..^1024];

    private static byte[] Index(params JsonObject[] manifests) =>
        TestImage.Json(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(manifests) });

    private static JsonObject WithPlatform(JsonObject descriptor, string architecture, string os = "linux")
    {
        descriptor["platform"] = new JsonObject { ["architecture"] = architecture, ["os"] = os };
        return descriptor;
    }
}
