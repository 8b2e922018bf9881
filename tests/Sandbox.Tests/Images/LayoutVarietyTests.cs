using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sandbox.Images;
using Xunit;

namespace Sandbox.Tests.Images;

/// <summary>Layouts and archives that are unlike those of the common tools, and still say all that is needed; and those that never can.</summary>
public sealed class LayoutVarietyTests : IDisposable
{
    private const string IndexType = "application/vnd.oci.image.index.v1+json";
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private readonly TestStore _store = new();

    private static byte[] Layer => new LayerText().File("etc/motd", "hello").ToArray();

    // image-spec, "Digest": sha512 is registered like sha256, for whatever a digest names.
    [Theory]
    [InlineData("manifest")]
    [InlineData("config")]
    [InlineData("layer")]
    [InlineData("packed layer")]
    [InlineData("content")]
    [InlineData("manifest config layer content")]
    [InlineData("packed layer content")]
    public void A_blob_may_be_named_by_its_sha512(string which)
    {
        var (files, index) = Long(which);
        files["index.json"] = index;

        var imported = Import(files);

        using var image = _store.Store.Open(imported.Digest);
        Assert.Equal("hello", System.Text.Encoding.UTF8.GetString(image.ReadFile("/etc/motd")!));
        Assert.StartsWith("sha256:", imported.Digest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("config")]
    [InlineData("layer")]
    [InlineData("packed layer")]
    [InlineData("content")]
    public void A_sha512_is_checked(string which)
    {
        var (files, index) = Long(which, isWrong: true);
        files["index.json"] = index;

        Assert.Contains("damaged", Assert.Throws<InvalidImageException>(() => Import(files)).Message, StringComparison.Ordinal);
        Assert.Empty(_store.List("configs"));
    }

    // bazel: blobs of the base are links within the layout.
    [Fact]
    public void A_directory_whose_blobs_are_links_within_it_is_read()
    {
        var image = new TestImage(Layer);
        var directory = TestImage.Spread(_store.Directory, "layout", image.OciFiles());
        System.IO.Directory.CreateDirectory(directory + "/shared");
        foreach (var blob in System.IO.Directory.GetFiles(directory + "/blobs/sha256"))
        {
            File.Move(blob, $"{directory}/shared/{Path.GetFileName(blob)}");
            File.CreateSymbolicLink(blob, "../../shared/" + Path.GetFileName(blob));
        }

        Assert.Equal(image.Id, Assert.Single(_store.Store.Import(directory)).Digest);
    }

    // What buildx pushes: an index with a manifest for each platform, and one of attestations for each of these.
    [Fact]
    public void Attestations_and_variants_beside_an_image_do_not_get_its_name()
    {
        var plain = new TestImage(Layer);
        var newer = new TestImage(Layer) { Config = new() { ["User"] = "1" } };
        var files = Layout();
        var entries = new JsonArray(
            On(newer.Manifest(files), Platform.Here.Architecture, "v3"),
            On(plain.Manifest(files), Platform.Here.Architecture, ""),
            On(TestImage.Add(files, ManifestType, "{}"u8.ToArray()), "unknown", "", os: "unknown"),
            On(TestImage.Add(files, ManifestType, "{}"u8.ToArray()), "s390x", ""));
        foreach (var entry in entries)
        {
            entry!["annotations"] = new JsonObject { ["io.containerd.image.name"] = "example.org/a:1" };
        }

        files["index.json"] = Index(entries);

        Assert.Equal(plain.Id, Import(files).Digest);
        Assert.Equal("example.org/a:1", Assert.Single(Import(files).Names));
    }

    // docker load takes such images for this machine's, and containerd knows the kernel's words for architectures.
    [Theory]
    [InlineData("", true)]
    [InlineData("kernel", true)]
    [InlineData("s390x", false)]
    public void An_architecture_is_known_by_its_other_name_and_may_be_left_out(string architecture, bool fits)
    {
        var kernel = Platform.Here.Architecture == "amd64" ? "x86_64" : "aarch64";
        var image = new TestImage(Layer) { Architecture = architecture == "kernel" ? kernel : architecture };

        var failure = Record.Exception(() => Import(image.OciFiles()) == Import(image.DockerFiles()));

        Assert.Equal(fits, failure is null);
    }

    [Fact]
    public void An_image_for_another_machine_among_those_of_an_archive_is_left_out()
    {
        var (here, other) = (new TestImage(Layer) { Tags = ["here:1"] }, new TestImage(Layer) { Tags = ["other:1"], Architecture = "s390x" });
        var files = here.DockerFiles();
        foreach (var (name, content) in other.DockerFiles())
        {
            files.TryAdd(name, content);
        }

        files["manifest.json"] = TestImage.Json(new JsonArray([.. new[] { other, here }.Select(image => JsonNode.Parse(image.DockerFiles()["manifest.json"])![0]!.DeepClone())]));

        Assert.Equal("here:1", Assert.Single(Import(files).Names));
    }

    [Theory]
    [InlineData("{\"Cmd\":null,\"Entrypoint\":null,\"Env\":null,\"Volumes\":null,\"Labels\":null,\"User\":null,\"WorkingDir\":null}", "", "")]
    [InlineData("null", "", "")]
    [InlineData("{\"Cmd\":[\"a\",\"b\"],\"Entrypoint\":[\"\"]}", "", "a b")]
    [InlineData("{\"Cmd\":\"a b\",\"Entrypoint\":\"c\"}", "c", "a b")]
    [InlineData("{\"Cmd\":[],\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"]},\"Volumes\":{\"/data\":{}},\"ExposedPorts\":{\"80/tcp\":{}},\"StopSignal\":\"SIGTERM\",\"ArgsEscaped\":true,\"OnBuild\":null}", "", "")]
    public void A_config_says_as_much_as_docker_takes_from_it(string config, string entrypoint, string command)
    {
        var json = TestImage.Json(new JsonObject
        {
            ["config"] = JsonNode.Parse(config),
            ["history"] = new JsonArray(new JsonObject { ["created_by"] = "CMD", ["empty_layer"] = true }),
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray("sha256:" + new string('0', 64)) },
        });

        var read = ConfigFile.Read(json, new("/image.tar")).Config;

        Assert.Equal((entrypoint, command), (string.Join(' ', read.Entrypoint), string.Join(' ', read.Command)));
    }

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar", "")]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip", "gzip")]
    [InlineData("application/vnd.oci.image.layer.v1.tar+zstd", "zstd")]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "gzip")]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip")]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar.zstd", "zstd")]
    [InlineData("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "gzip")]
    public void A_layer_may_be_of_every_type_that_is_a_tar_archive(string type, string compression)
    {
        var image = new TestImage(Layer, [], new byte[1024]) { Compression = compression };
        var files = image.OciFiles();
        var manifest = files.Single(file => file.Key.StartsWith("blobs/", StringComparison.Ordinal) && file.Value.AsSpan().IndexOf("\"layers\":[{"u8) >= 0);
        var text = System.Text.Encoding.UTF8.GetString(manifest.Value).Replace("application/vnd.oci.image.layer.v1.tar" + (compression.Length > 0 ? "\\u002B" + compression : ""), type, StringComparison.Ordinal);
        files["index.json"] = Index(new JsonArray(TestImage.Add(files, "application/vnd.docker.distribution.manifest.v2+json", System.Text.Encoding.UTF8.GetBytes(text))));

        Assert.Contains(type, text, StringComparison.Ordinal);
        Assert.Equal(image.Id, Import(files).Digest);
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "schema 1", """{"schemaVersion":1,"name":"library/a","tag":"1","architecture":"amd64","fsLayers":[{"blobSum":"sha256:0"}],"history":[]}""" },
        { "no image for", """{"schemaVersion":2,"artifactType":"application/vnd.example","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}""" },
        { "no image for", """{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}""" },
        { "neither an index nor a manifest", """{"schemaVersion":2}""" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_no_image_of_today_is_refused_with_words(string words, string manifest)
    {
        var files = Layout();
        files["index.json"] = Index(new JsonArray(TestImage.Add(files, ManifestType, System.Text.Encoding.UTF8.GetBytes(manifest))));

        Assert.Contains(words, Assert.Throws<InvalidImageException>(() => Import(files)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("repositories", "before version 1.10")]
    [InlineData("manifest.json", "dir: transport")]
    public void An_archive_of_a_kind_that_is_not_read_is_refused_with_what_to_do(string file, string words) =>
        Assert.Contains(words, Assert.Throws<InvalidImageException>(() => Import(new() { [file] = "{}"u8.ToArray() })).Message, StringComparison.Ordinal);

    public void Dispose() => _store.Dispose();

    private ImportedImage Import(Dictionary<string, byte[]> files)
    {
        var path = $"{_store.Directory.Path}/image.tar";
        File.WriteAllBytes(path, TestImage.Archive(files));
        return Assert.Single(_store.Store.Import(path));
    }

    private static Dictionary<string, byte[]> Layout() => new() { ["oci-layout"] = "{\"imageLayoutVersion\":\"1.0.0\"}"u8.ToArray() };

    private static byte[] Index(JsonArray manifests) => TestImage.Json(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = IndexType, ["manifests"] = manifests });

    private static JsonObject On(JsonObject descriptor, string architecture, string variant, string os = "linux")
    {
        descriptor["platform"] = new JsonObject { ["os"] = os, ["architecture"] = architecture, ["variant"] = variant };
        return descriptor;
    }

    // An image where some of the digests are sha512, one of them perhaps of something else.
    private static (Dictionary<string, byte[]> Files, byte[] Index) Long(string which, bool isWrong = false)
    {
        var files = Layout();
        JsonObject Add(string what, string type, byte[] bytes)
        {
            if (!which.Contains(what, StringComparison.Ordinal))
            {
                return TestImage.Add(files, type, bytes);
            }

            var hex = Sha512(isWrong ? [.. bytes, 0] : bytes);
            files["blobs/sha512/" + hex] = bytes;
            return new() { ["mediaType"] = type, ["digest"] = "sha512:" + hex, ["size"] = bytes.Length };
        }

        var packed = which.Contains("packed", StringComparison.Ordinal) ? TestImage.Compress(Layer, "gzip") : Layer;
        var content = !which.Contains("content", StringComparison.Ordinal) ? TestImage.Digest(Layer) : "sha512:" + Sha512(isWrong ? [1] : Layer);
        var config = TestImage.Json(new JsonObject
        {
            ["os"] = "linux",
            ["architecture"] = Platform.Here.Architecture,
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(content) },
        });
        var manifest = Add("manifest", ManifestType, TestImage.Json(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["config"] = Add("config", "application/vnd.oci.image.config.v1+json", config),
            ["layers"] = new JsonArray(Add("layer", "application/vnd.oci.image.layer.v1.tar", packed)),
        }));
        return (files, Index(new JsonArray(manifest)));
    }

    private static string Sha512(byte[] bytes) => Convert.ToHexStringLower(SHA512.HashData(bytes));
}
