using System.Formats.Tar;
using System.Runtime.InteropServices;
using Sandbox.Execution.Collect;
using Sandbox.Planning;
using Xunit;

namespace Sandbox.Tests.Diff;

/// <summary>The upper side of an overlay at <c>/src</c> as a job may have left it, and one or more directories below it, made by a test.</summary>
internal sealed partial class OverlayDirectories : IDisposable
{
    private readonly List<string> _lowers = [];

    public OverlayDirectories(int layers = 1)
    {
        System.IO.Directory.CreateDirectory($"{Scratch.Path}/overlay0/upper");
        for (var i = 0; i < layers; i++)
        {
            _lowers.Add(System.IO.Directory.CreateDirectory($"{Host.Path}/lower{i}").FullName);
        }
    }

    public TemporaryDirectory Scratch { get; } = new();

    public TemporaryDirectory Host { get; } = new();

    public Dictionary<string, GivenEntry> Given { get; } = [];

    public long? Limit { get; set; }

    public string ArchivePath => $"{Host.Path}/changes.tar";

    public string UpperPath(string name) => $"{Scratch.Path}/overlay0/upper/{name}";

    public string LowerPath(string name, int layer = 0) => $"{_lowers[layer]}/{name}";

    public string Upper(string name, string text) => Scratch.Write($"overlay0/upper/{name}", text);

    public string Lower(string name, string text, int layer = 0) => Host.Write($"lower{layer}/{name}", text);

    /// <summary>What overlayfs leaves for something deleted.</summary>
    public void Whiteout(string name) => MakeWhiteout(UpperPath(name));

    public void LowerWhiteout(string name, int layer) => MakeWhiteout(LowerPath(name, layer));

    public void Opaque(string name) => MakeOpaque(UpperPath(name));

    public void LowerOpaque(string name, int layer) => MakeOpaque(LowerPath(name, layer));

    /// <summary>Puts something over a file in a directory of a lower layer.</summary>
    public void Cover(LayerKind kind, string name, int layer)
    {
        var (path, above) = (LowerPath(name, layer), Path.GetDirectoryName(LowerPath(name, layer))!);
        switch (kind)
        {
            case LayerKind.Device:
                MakeWhiteout(path);
                break;
            case LayerKind.DeviceAtDirectory:
                MakeWhiteout(above);
                break;
            case LayerKind.FileWhiteout:
                Mark(Lower(name, "", layer), "whiteout", "");
                break;
            case LayerKind.FileWhiteoutInMarkedDirectory:
                Mark(Lower(name, "", layer), "whiteout", "y");
                Mark(above, "opaque", "x");
                break;
            case LayerKind.MarkedFileWithContent:
                Mark(Lower(name, "top", layer), "whiteout", "y");
                break;
            case LayerKind.Opaque:
                MakeOpaque(above);
                break;
            case LayerKind.OpaqueOfAnotherValue:
                System.IO.Directory.CreateDirectory(above);
                Mark(above, "opaque", "n");
                break;
            case LayerKind.TrustedOpaque:
                System.IO.Directory.CreateDirectory(above);
                Mark(above, "opaque", "y", "trusted");
                break;
            case LayerKind.FileAtDirectory:
                Lower(Path.GetDirectoryName(name)!, "", layer);
                break;
        }
    }

    public CollectedDiff Collect(string? to = null, uint id = 1000)
    {
        var upper = new OverlayUpper { Directory = "overlay0", Target = "/src", LowerDirectories = _lowers, Origin = "/mounts/0", Given = Given };
        using var scratch = Scratch.Open();
        using var overlays = DiffBase.Open([upper]);
        var diff = new DiffSpec { To = to };
        using var destinations = OutputDestinations.Open(new() { Command = ["true"], Diff = diff });
        var collector = new DiffCollector(diff, new() { Uid = id, Gid = id }, new CollectBudget(Limit), new CollectBudget(Limit), destinations);
        return collector.Collect(scratch, overlays, () => { });
    }

    /// <summary>One word per change: its path below the target, with <c>+</c>, <c>~</c> or <c>-</c> before it and <c>/</c> after a directory.</summary>
    public string Changes()
    {
        var collected = Collect();
        Assert.Empty(collected.Errors);
        return Words(collected);
    }

    public static string Words(CollectedDiff collected) =>
        string.Join(' ', collected.Diff!.Entries.Select(entry => Sign(entry.Change) + entry.Path[Math.Min(5, entry.Path.Length)..] + (entry.Type == DiffType.Directory ? "/" : "")));

    /// <summary>The members of the archive, in their order, whole in memory.</summary>
    public List<TarEntry> Archive()
    {
        using var reader = new TarReader(new MemoryStream(File.ReadAllBytes(ArchivePath)));
        var entries = new List<TarEntry>();
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            entries.Add(entry);
        }

        return entries;
    }

    public void Dispose()
    {
        Scratch.Dispose();
        Host.Dispose();
    }

    private static string Sign(DiffChange change) => change switch
    {
        DiffChange.Created => "+",
        DiffChange.Changed => "~",
        _ => "-",
    };

    // Nobody needs a right for this device (mknod(2), Linux 5.8).
    private static void MakeWhiteout(string path)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Assert.Equal(0, MakeNode(path, 0x2000, 0));
    }

    private static void MakeOpaque(string path)
    {
        System.IO.Directory.CreateDirectory(path);
        Mark(path, "opaque", "y");
    }

    /// <summary>Sets an attribute as overlayfs does for users.</summary>
    public static void Mark(string path, string name, string value, string kind = "user") =>
        Assert.Equal(0, SetAttribute(path, $"{kind}.overlay.{name}", value, value.Length, 0));

    [LibraryImport("libc", EntryPoint = "mknod", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeNode(string path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "setxattr", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetAttribute(string path, string name, string value, nint size, int flags);
}
