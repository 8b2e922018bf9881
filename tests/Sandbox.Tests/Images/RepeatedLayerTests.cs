using Sandbox.Images;
using Xunit;

namespace Sandbox.Tests.Images;

/// <summary>Of equal layers only the topmost is mounted, and that is to be seen nowhere: compared with layers applied one after the other.</summary>
public sealed class RepeatedLayerTests : IDisposable
{
    private static readonly string[] s_names = ["a", "b"];

    private readonly TestStore _store = new();

    [Fact]
    public void A_layer_that_comes_twice_is_mounted_once()
    {
        var (one, two) = (new LayerText().File("one").ToArray(), new LayerText().File("two").ToArray());

        using var image = Open([one, two, one, two, two]);

        Assert.Equal([TestImage.DiffId(two), TestImage.DiffId(one)], image.Layers.Select(layer => Path.GetFileName(Path.GetDirectoryName(layer))));
    }

    [Fact]
    public void Empty_layers_of_an_image_are_one()
    {
        var empty = new LayerText().ToArray();

        using var image = Open([new LayerText().File("a", "a").ToArray(), empty, empty, new LayerText().File("b", "b").ToArray(), empty]);

        Assert.Equal(3, image.Layers.Count);
        Assert.Equal("a"u8.ToArray(), image.ReadFile("/a"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void What_is_seen_is_what_all_layers_in_their_order_make(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 12; round++)
        {
            var trees = Enumerable.Range(0, 3).Select(_ => Tree(random, 3)).ToArray();
            var order = Enumerable.Range(0, 6).Select(_ => trees[random.Next(trees.Length)]).ToArray();
            var expected = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var tree in order)
            {
                Apply(tree, expected);
            }

            using var image = Open([.. order.Select(Packed)]);

            Assert.All(Paths(3), path => Assert.Equal(expected.GetValueOrDefault(path), Seen(image, path)));
        }
    }

    public void Dispose() => _store.Dispose();

    private StoredImage Open(byte[][] layers) => _store.Store.Open(new TestImage(layers).Save(_store.Directory, $"{Guid.NewGuid():N}.tar"));

    // Entries by their paths: "file", "directory", "gone" (a whiteout) or "opaque".
    private static List<(string Path, string Kind, string Text)> Tree(Random random, int depth, string above = "")
    {
        var entries = new List<(string, string, string)>();
        foreach (var name in s_names)
        {
            var path = above + name;
            switch (random.Next(6))
            {
                case 0: entries.Add((path, "gone", "")); break;
                case 1: entries.Add((path, "file", $"{random.Next(100)}")); break;
                case 2 or 3 when depth > 1:
                    entries.Add((path, "directory", ""));
                    if (random.Next(4) == 0)
                    {
                        entries.Add((path, "opaque", ""));
                    }

                    if (random.Next(4) == 0)
                    {
                        entries.Add((path, "gone", ""));
                    }

                    entries.AddRange(Tree(random, depth - 1, path + "/"));
                    break;
            }
        }

        return entries;
    }

    private static byte[] Packed(List<(string Path, string Kind, string Text)> tree)
    {
        var layer = new LayerText();
        foreach (var (path, kind, text) in tree)
        {
            _ = kind switch
            {
                "file" => layer.File(path, text),
                "directory" => layer.Directory(path),
                "opaque" => layer.File(path + "/.wh..wh..opq"),
                _ => layer.File(path[..(path.LastIndexOf('/') + 1)] + ".wh." + path[(path.LastIndexOf('/') + 1)..]),
            };
        }

        return layer.ToArray();
    }

    // image-spec, "Applying Changesets": what a layer removes are things of the layers below it.
    private static void Apply(List<(string Path, string Kind, string Text)> tree, Dictionary<string, string> files)
    {
        foreach (var (path, kind, _) in tree.Where(entry => entry.Kind is "gone" or "opaque"))
        {
            Remove(files, path, alsoItself: kind == "gone");
        }

        foreach (var (path, kind, text) in tree.Where(entry => entry.Kind is "file" or "directory"))
        {
            if (kind == "file")
            {
                Remove(files, path, alsoItself: true);
                files[path] = text;
            }
            else
            {
                files.Remove(path);
            }
        }
    }

    private static void Remove(Dictionary<string, string> files, string path, bool alsoItself)
    {
        foreach (var file in files.Keys.Where(file => file.StartsWith(path + "/", StringComparison.Ordinal) || (alsoItself && file == path)).ToArray())
        {
            files.Remove(file);
        }
    }

    private static IEnumerable<string> Paths(int depth, string above = "") =>
        s_names.SelectMany(name => (IEnumerable<string>)[above + name, .. depth > 1 ? Paths(depth - 1, above + name + "/") : []]);

    private static string? Seen(StoredImage image, string path)
    {
        try
        {
            return image.ReadFile(path) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null;
        }
        catch (SandboxException)
        {
            return null; // a directory
        }
    }
}
