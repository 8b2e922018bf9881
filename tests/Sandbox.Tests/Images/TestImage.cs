using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ZstdSharp;

namespace Sandbox.Tests.Images;

/// <summary>An image that a test makes, in every form that images travel in.</summary>
internal sealed class TestImage(params byte[][] layers)
{
    public string Compression { get; init; } = "";

    public string Architecture { get; init; } = Sandbox.Images.Platform.Here.Architecture;

    public JsonObject Config { get; init; } = [];

    public string? ReferenceName { get; init; }

    public string[] Tags { get; init; } = [];

    public byte[] ConfigBytes => Json(new JsonObject
    {
        ["created"] = "2024-05-06T07:08:09.123456789Z",
        ["architecture"] = Architecture,
        ["os"] = "linux",
        ["config"] = Config.DeepClone(),
        ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray([.. layers.Select(layer => (JsonNode)Digest(layer))]) },
    });

    /// <summary>The digest that identifies it.</summary>
    public string Id => Digest(ConfigBytes);

    public static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static string DiffId(byte[] layer) => Convert.ToHexStringLower(SHA256.HashData(layer));

    public static byte[] Json(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    public static byte[] Compress(byte[] bytes, string how)
    {
        var compressed = new MemoryStream();
        using (Stream stream = how switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "zstd" => new CompressionStream(compressed, leaveOpen: true),
            _ => new BufferedStream(new MemoryStream()),
        })
        {
            stream.Write(bytes);
        }

        return how.Length == 0 ? bytes : compressed.ToArray();
    }

    /// <summary>A tar archive of files, in the order of the dictionary.</summary>
    public static byte[] Archive(IReadOnlyDictionary<string, byte[]> files)
    {
        var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }

        return bytes.ToArray();
    }

    /// <summary>The files of an OCI layout.</summary>
    public Dictionary<string, byte[]> OciFiles(Func<JsonObject, JsonObject>? wrap = null)
    {
        var files = new Dictionary<string, byte[]> { ["oci-layout"] = "{\"imageLayoutVersion\":\"1.0.0\"}"u8.ToArray() };
        var manifest = Manifest(files);
        if (ReferenceName is not null)
        {
            manifest["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = ReferenceName };
        }

        files["index.json"] = Json(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(wrap is null ? manifest : wrap(manifest)) });
        return files;
    }

    /// <summary>Adds config, layers and manifest; the descriptor of the manifest.</summary>
    public JsonObject Manifest(Dictionary<string, byte[]> files)
    {
        var type = "application/vnd.oci.image.layer.v1.tar" + (Compression.Length > 0 ? "+" + Compression : "");
        return Add(files, "application/vnd.oci.image.manifest.v1+json", Json(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["config"] = Add(files, "application/vnd.oci.image.config.v1+json", ConfigBytes),
            ["layers"] = new JsonArray([.. layers.Select(layer => Add(files, type, Compress(layer, Compression)))]),
        }));
    }

    /// <summary>Adds a blob; its descriptor.</summary>
    public static JsonObject Add(Dictionary<string, byte[]> files, string mediaType, byte[] bytes)
    {
        files["blobs/sha256/" + DiffId(bytes)] = bytes;
        return new() { ["mediaType"] = mediaType, ["digest"] = Digest(bytes), ["size"] = bytes.Length };
    }

    /// <summary>The files of an archive that docker save wrote before version 25.</summary>
    public Dictionary<string, byte[]> DockerFiles()
    {
        var files = new Dictionary<string, byte[]>();
        var names = layers.Select(layer => DiffId(layer) + "/layer.tar").ToArray();
        for (var i = 0; i < layers.Length; i++)
        {
            files[names[i]] = Compress(layers[i], Compression);
        }

        files[Id[7..] + ".json"] = ConfigBytes;
        files["manifest.json"] = JsonSerializer.SerializeToUtf8Bytes(new[] { new { Config = Id[7..] + ".json", RepoTags = Tags, Layers = names } });
        return files;
    }

    /// <summary>Writes it to a file as an archive of docker save.</summary>
    public string Save(TemporaryDirectory directory, string name = "image.tar")
    {
        var path = $"{directory.Path}/{name}";
        File.WriteAllBytes(path, Archive(DockerFiles()));
        return path;
    }

    /// <summary>Writes files to a directory.</summary>
    public static string Spread(TemporaryDirectory directory, string name, Dictionary<string, byte[]> files)
    {
        foreach (var (file, content) in files)
        {
            var path = $"{directory.Path}/{name}/{file}";
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }

        return $"{directory.Path}/{name}";
    }
}
