using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sandbox.KernelTests;

/// <summary>A container image of busybox and whatever layers a test puts on top, as docker save would write it.</summary>
internal static class BusyboxImage
{
    private const string Busybox = "/bin/busybox";

    /// <summary>Writes the archive; the digest of the image.</summary>
    public static string Save(string path, string tag, params byte[][] layers) =>
        SaveWith(new { Env = (string[])["PATH=/bin", "GREETING=hello"], Cmd = (string[])["sh"], User = "app" }, path, tag, layers);

    /// <summary>The same with other words about the image's jobs (OCI image-spec, config.md, "config").</summary>
    public static string SaveWith(object settings, string path, string tag, params byte[][] layers)
    {
        var config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64 ? "amd64" : "arm64",
            os = "linux",
            config = settings,
            rootfs = new { type = "layers", diff_ids = layers.Select(layer => "sha256:" + Hex(layer)).ToArray() },
        });
        var names = layers.Select(layer => Hex(layer) + "/layer.tar").ToArray();
        using var writer = new TarWriter(File.Create(path), TarEntryFormat.Pax);
        for (var i = 0; i < layers.Length; i++)
        {
            Add(writer, names[i], Compress(layers[i]));
        }

        Add(writer, Hex(config) + ".json", config);
        Add(writer, "manifest.json", JsonSerializer.SerializeToUtf8Bytes(new[] { new { Config = Hex(config) + ".json", RepoTags = (string[])[tag], Layers = names } }));
        return "sha256:" + Hex(config);
    }

    /// <summary>The lowest layer: busybox under the names of its applets, and a user.</summary>
    public static byte[] Base() => Layer(
        new PaxTarEntry(TarEntryType.RegularFile, "bin/busybox") { Mode = (UnixFileMode)0x1ed, DataStream = new MemoryStream(File.ReadAllBytes(Busybox)) },
        new PaxTarEntry(TarEntryType.SymbolicLink, "bin/sh") { LinkName = "busybox" },
        new PaxTarEntry(TarEntryType.HardLink, "bin/cat") { LinkName = "bin/busybox" },
        new PaxTarEntry(TarEntryType.SymbolicLink, "bin/ls") { LinkName = "/bin/busybox" },
        Text("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"),
        Text("etc/gone", "shall not be seen\n"),
        Text("opt/old", "shall not be seen\n"));

    /// <summary>A layer of entries.</summary>
    public static byte[] Layer(params TarEntry[] entries)
    {
        var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                writer.WriteEntry(entry);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>A small file.</summary>
    public static TarEntry Text(string name, string text) =>
        new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) };

    /// <summary>By gzip.</summary>
    public static byte[] Compress(byte[] bytes)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }

    private static void Add(TarWriter writer, string name, byte[] content) =>
        writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
