using Sandbox.Images;
using Xunit;

namespace Sandbox.Tests.Images;

public sealed class HostileLayerTests : IDisposable
{
    private readonly TestStore _store = new();

    public static TheoryData<string, string, byte[]> Layers => new()
    {
        { "../evil", "..", new LayerText().File("../evil").ToArray() },
        { "a/../../evil", "..", new LayerText().File("a/../../evil").ToArray() },
        { "a/../b", "..", new LayerText().File("a/../b").ToArray() },
        { "d/x", "symbolic link", new LayerText().Link("d", "/etc").File("d/x").ToArray() },
        { "d/x", "symbolic link", new LayerText().Directory("real/").Link("d", "real").File("d/x").ToArray() },
        { "d/e/x", "symbolic link", new LayerText().Directory("d/").Link("d/e", "../..").Directory("d/e/x/").ToArray() },
        { "f/x", "not a directory", new LayerText().File("f").File("f/x").ToArray() },
        { "h", "not in this layer", new LayerText().HardLink("h", "/etc/passwd").ToArray() },
        { "h", "..", new LayerText().HardLink("h", "../../etc/passwd").ToArray() },
        { "h", "not a regular file", new LayerText().Link("l", "/etc/passwd").HardLink("h", "l").ToArray() },
        { "h", "not in this layer", new LayerText().Link("l", "/etc").HardLink("h", "l/passwd").ToArray() },
        { "h", "not a regular file", new LayerText().Directory("d/").HardLink("h", "d").ToArray() },
        { "h", "no link can lead to", new LayerText().File("h").HardLink("h", "h").ToArray() },
        { "a\\u0000b", "NUL", new LayerText().Raw(RawHeader.Pax("path", "a\0b"u8.ToArray()), RawHeader.Of("a", '0')).ToArray() },
        { "l", "NUL", new LayerText().Raw(RawHeader.Pax("linkpath", "a\0b"u8.ToArray()), RawHeader.Of("l", '2')).ToArray() },
        { "", "no name", new LayerText().Raw(RawHeader.Of("", '0')).ToArray() },
        { "", "255 bytes", new LayerText().File(new string('n', 256)).ToArray() },
        { "", "4095 bytes", new LayerText().File(string.Concat(Enumerable.Repeat("ab/", 1400)) + "x").ToArray() },
        { "", "deeper than 256", new LayerText().File(string.Concat(Enumerable.Repeat("d/", 257)) + "x").ToArray() },
        { "/", "root", new LayerText().File("/").ToArray() },
        { "a/.wh.", "no known meaning", new LayerText().File("a/.wh.").ToArray() },
        { ".wh...", "no known meaning", new LayerText().File(".wh...").ToArray() },
        { ".wh.x/y", ".wh.", new LayerText().File(".wh.x/y").ToArray() },
        { ".wh..wh.", "no known meaning", new LayerText().File(".wh..wh.").ToArray() },
        { ".wh..wh.plnk/a/b", "begins with .wh.", new LayerText().File(".wh..wh.plnk/a/b").ToArray() },
        { "h", "not in this layer", new LayerText().HardLink("h", ".wh..wh.plnk/1.2").ToArray() },
        { "h", "..", new LayerText().File(".wh..wh.plnk/1.2").HardLink("h", ".wh..wh.plnk/../tree").ToArray() },
        { "h", "no link can lead to", new LayerText().File(".wh..wh.plnk/1.2").HardLink("h", ".wh..wh.plnk/a/b").ToArray() },
        { "h", "no link can lead to", new LayerText().File(".wh.x").HardLink("h", ".wh.x").ToArray() },
        { "h", "not a regular file", new LayerText().File(".wh.x").HardLink("h", "x").ToArray() },
    };

    [Theory]
    [MemberData(nameof(Layers))]
    public void It_is_refused_by_name_and_leaves_nothing(string entry, string reason, byte[] layer)
    {
        var failure = Assert.Throws<InvalidImageException>(() => _store.Store.Import(new TestImage(new LayerText().File("first").ToArray(), layer).Save(_store.Directory)));

        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Contains(entry, failure.Message, StringComparison.Ordinal);
        Assert.Contains(TestImage.DiffId(layer), failure.Message, StringComparison.Ordinal);
        Assert.Equal(_store.Directory.Path + "/image.tar", failure.Path);
        Assert.Empty(_store.List("passing"));
        Assert.Empty(_store.List("configs"));
        Assert.DoesNotContain(TestImage.DiffId(layer), _store.List("layers"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_bomb_stops_at_the_limit_and_leaves_nothing(string compression)
    {
        var layer = new LayerText().File("zeros", new string('\0', 4 << 20)).ToArray();
        var path = new TestImage(layer) { Compression = compression }.Save(_store.Directory);
        var store = new UnpackedImages(_store.Path) { Limits = new() { Bytes = 1 << 20 } };

        var failure = Assert.Throws<InvalidImageException>(() => store.Import(path));

        Assert.Contains("more than 1 MiB", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_store.List("passing"));
        Assert.Empty(_store.List("layers"));
    }

    [Fact]
    public void Layers_count_together_even_those_that_were_there_already()
    {
        var (one, two) = (new LayerText().File("a", new string('a', 600_000)).ToArray(), new LayerText().File("b", new string('b', 600_000)).ToArray());
        _store.Unpack(one);
        var store = new UnpackedImages(_store.Path) { Limits = new() { Bytes = 1 << 20 } };

        Assert.Throws<InvalidImageException>(() => store.Import(new TestImage(one, two).Save(_store.Directory)));
    }

    [Fact]
    public void More_files_than_allowed_are_refused()
    {
        var layer = new LayerText();
        for (var i = 0; i < 11; i++)
        {
            layer.File($"f{i}");
        }

        var failure = Assert.Throws<InvalidImageException>(() => _store.Unpack(layer.ToArray(), new ImageLimits { Entries = 10 }));

        Assert.Contains("more than 10 files", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _store.Dispose();
}
