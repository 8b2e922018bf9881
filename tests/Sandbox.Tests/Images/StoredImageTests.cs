using System.Text;
using Sandbox.Images;
using Xunit;

namespace Sandbox.Tests.Images;

public sealed class StoredImageTests : IDisposable
{
    private readonly TestStore _store = new();

    [Fact]
    public void Layers_are_topmost_first_and_the_config_is_the_images()
    {
        var (low, high) = (new LayerText().File("low").ToArray(), new LayerText().File("high").ToArray());
        using var image = Open(new TestImage(low, high)
        {
            Config = new() { ["Env"] = new System.Text.Json.Nodes.JsonArray("A=b"), ["Cmd"] = new System.Text.Json.Nodes.JsonArray("sh"), ["WorkingDir"] = "/w", ["User"] = "me" },
        });

        Assert.Equal([TestImage.DiffId(high), TestImage.DiffId(low)], image.Layers.Select(layer => Path.GetFileName(Path.GetDirectoryName(layer))));
        Assert.Equal(("A=b", "sh", "/w", "me"), (image.Config.Env[0], image.Config.Command[0], image.Config.WorkingDirectory, image.Config.User));
        Assert.Empty(image.Config.Entrypoint);
    }

    [Fact]
    public void A_layer_whose_root_hides_everything_is_the_last()
    {
        var (low, high) = (new LayerText().File("low").ToArray(), new LayerText().File(".wh..wh..opq").File("high").ToArray());
        using var image = Open(new TestImage(low, high));

        Assert.Single(image.Layers);
        Assert.Null(image.ReadFile("/low"));
    }

    [Theory]
    [InlineData("/var/run/x", "/run/x")]
    [InlineData("/lib/a/b", "/usr/lib/a/b")]
    [InlineData("/out/etc", "/etc")]
    [InlineData("/up/x", "/usr/x")]
    [InlineData("/gone/x", "/gone/x")]
    [InlineData("/file/x", "/file/x")]
    [InlineData("/", "/")]
    public void A_directory_is_where_links_lead_within_the_image(string directory, string real)
    {
        using var image = Open(new TestImage(
            new LayerText().Directory("run").Directory("usr/lib/a").Link("var/run", "/run").Link("gone", "/run").File("file").ToArray(),
            new LayerText().Link("lib", "usr/lib").Link("out", "../../../..").Link("up", "lib/..").File(".wh.gone").ToArray()));

        Assert.Equal(real, image.RealDirectory(directory));
    }

    [Fact]
    public void A_directory_in_a_circle_of_links_is_refused()
    {
        using var image = Open(new TestImage(new LayerText().Link("a", "b").Link("b", "a").ToArray()));

        Assert.Contains("too many symbolic links", Assert.Throws<SandboxException>(() => image.RealDirectory("/a/x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_read_as_the_layers_together_show_it()
    {
        using var image = Open(new TestImage(
            new LayerText().File("a/low", "low").File("a/both", "low").File("gone", "x").File("b/hidden", "x").File("dir/x", "x").File("c/deep/x", "x").ToArray(),
            new LayerText().File("a/both", "high").File(".wh.gone").File("b/.wh..wh..opq").File("b/new", "new").File("dir", "file now").File(".wh.c").ToArray(),
            new LayerText().File("a/top", "top").ToArray()));

        Assert.Equal(["low", "high", "top", "new", "file now"], ((string[])["/a/low", "/a/both", "a/top", "/b/new", "/dir"]).Select(path => Text(image, path)));
        Assert.All((string[])["/gone", "/b/hidden", "/dir/x", "/c/deep/x", "/nowhere", "/a/low/x"], path => Assert.Null(image.ReadFile(path)));
    }

    [Theory]
    [InlineData("relative", "sub/../target", "inside")]
    [InlineData("absolute", "/etc/target", "inside")]
    [InlineData("climbing", "../../../../../../etc/target", "inside")]
    [InlineData("through", "/jump/target", "inside")]
    [InlineData("back", "/jump/../target", "at the root")]
    public void A_link_leads_to_a_file_of_the_image(string name, string target, string expected)
    {
        using var image = Open(new TestImage(
            new LayerText().Directory("etc/sub/").File("etc/target", "inside").Link("jump", "etc").File("target", "at the root").ToArray(),
            new LayerText().Link("etc/" + name, target).ToArray()));

        Assert.Equal(expected, Text(image, "/etc/" + name));
    }

    [Fact]
    public void A_link_never_leads_out_of_the_image()
    {
        var secret = _store.Directory.Write("secret", "of the host");
        using var image = Open(new TestImage(new LayerText().Link("etc/passwd", secret).Link("out", "/").ToArray()));

        Assert.Null(image.ReadFile("/etc/passwd"));
        Assert.Null(image.ReadFile("/out" + secret));
    }

    [Fact]
    public void What_cannot_be_read_whole_is_an_error()
    {
        using var image = Open(new TestImage(new LayerText().Link("a", "b").Link("b", "a").Directory("d/").Fifo("p").File("big", new string('x', (1 << 20) + 1)).ToArray()));

        Assert.All((string[])["/a", "/d", "/p", "/big"], path => Assert.Throws<SandboxException>(() => image.ReadFile(path)));
    }

    [Fact]
    public void Links_that_lead_to_and_fro_end_in_time()
    {
        const int links = 38;
        var way = "/" + string.Concat(Enumerable.Repeat("tmp/../", 500));
        var top = new LayerText().File("etc/l0", "there").Directory("tmp/");
        for (var link = 1; link <= links; link++)
        {
            top = top.Link($"etc/l{link}", $"{way}etc/l{link - 1}");
        }

        using var image = Open(new TestImage(new LayerText().Directory("tmp/").File("a").ToArray(), new LayerText().Directory("tmp/").File("b").ToArray(), top.ToArray()));

        var failure = Assert.Throws<SandboxException>(() => image.ReadFile($"/etc/l{links}"));

        Assert.Contains("too long a way", failure.Message, StringComparison.Ordinal);
        Assert.Equal("there", Text(image, "/etc/l3"));
    }

    [Theory]
    [InlineData("1000", 1000U, 100U)]
    [InlineData("7", 7U, 0U)]
    [InlineData("app", 1000U, 100U)]
    [InlineData("app:staff", 1000U, 50U)]
    [InlineData("app:7", 1000U, 7U)]
    [InlineData("3:4", 3U, 4U)]
    [InlineData(":staff", 0U, 50U)]
    [InlineData("42", 1U, 2U)]
    public void The_user_is_found_as_docker_does(string text, uint uid, uint gid)
    {
        using var image = Open(WithUsers(text));

        Assert.Equal((uid, gid), image.User());
    }

    [Theory]
    [InlineData("nobody-here")]
    [InlineData("app:nogroup")]
    [InlineData("4294967295")]
    [InlineData("-1")]
    public void An_unknown_user_is_an_error(string text)
    {
        using var image = Open(WithUsers(text));

        Assert.Throws<SandboxException>(() => image.User());
    }

    [Fact]
    public void An_image_without_a_user_has_none()
    {
        using var image = Open(new TestImage(new LayerText().File("f").ToArray()));

        Assert.Null(image.User());
    }

    public void Dispose() => _store.Dispose();

    private static TestImage WithUsers(string user) =>
        new(new LayerText().File("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:1000:100::/:\n42:x:1:2::/:\nbroken\n").File("etc/group", "staff:x:50:app\n").ToArray())
        {
            Config = new() { ["User"] = user },
        };

    private static string? Text(StoredImage image, string path) => image.ReadFile(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private StoredImage Open(TestImage image) => _store.Store.Open(image.Save(_store.Directory));
}
