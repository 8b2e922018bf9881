using Sandbox.Images;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Images;

public sealed class LayerTests : IDisposable
{
    private readonly TestStore _store = new();

    [Fact]
    public void Files_directories_links_and_fifos_are_made_with_modes_and_times()
    {
        var tree = _store.Unpack(new LayerText()
            .Directory("d/", 0x3ff).File("d/f", "hello", 0x1ed).Link("d/l", "/etc/../nowhere").HardLink("d/h", "d/f").Fifo("d/p").ToArray());

        Assert.Equal("hello", File.ReadAllText(tree + "/d/h"));
        Assert.Equal("/etc/../nowhere", Libc.LinkText(tree + "/d/l"));
        Assert.Equal(((UnixFileMode)0x3ff, (UnixFileMode)0x1ed), (File.GetUnixFileMode(tree + "/d"), File.GetUnixFileMode(tree + "/d/f")));
        Assert.Equal((2U, FileKind.Fifo), (Status(tree + "/d/f").LinkCount, Status(tree + "/d/p").Kind));
        Assert.All(["/d", "/d/f", "/d/l", "/d/p"], name => Assert.Equal(LayerText.Time.ToUnixTimeSeconds(), Status(tree + name).Modified.Seconds));
    }

    [Fact]
    public void A_directories_time_stays_whatever_order_its_files_come_in()
    {
        var tree = _store.Unpack(new LayerText().Directory("a/").Directory("b/").File("a/1").File("b/1").File("a/2").File("c").ToArray());

        Assert.All(["/a", "/b"], name => Assert.Equal(LayerText.Time.ToUnixTimeSeconds(), Status(tree + name).Modified.Seconds));
    }

    [Fact]
    public void Set_id_bits_go_and_the_owner_can_always_read()
    {
        var tree = _store.Unpack(new LayerText().File("su", mode: 0xded).Directory("closed/", 0).File("closed/secret", "s", 0).ToArray());

        Assert.Equal((0x1ed, 0x1c0, 0x100), ((int)File.GetUnixFileMode(tree + "/su"), (int)File.GetUnixFileMode(tree + "/closed"), (int)File.GetUnixFileMode(tree + "/closed/secret")));
    }

    [Theory]
    [InlineData("/etc/x")]
    [InlineData("./etc/x")]
    [InlineData("././/etc/./x")]
    public void A_name_is_relative_to_the_root_of_the_image(string name)
    {
        var tree = _store.Unpack(new LayerText().Directory("./").File(name, "x").ToArray());

        Assert.Equal("x", File.ReadAllText(tree + "/etc/x"));
    }

    [Fact]
    public void The_later_of_two_entries_wins_and_never_writes_through_the_earlier()
    {
        var tree = _store.Unpack(new LayerText()
            .File("twice", "old").HardLink("other", "twice").File("twice", "new")
            .File("directory/inside", "i").File("directory", "file now")
            .File("file", "f").Directory("file/").File("file/inside", "directory now")
            .Link("link", "other").File("link", "l").ToArray());

        Assert.Equal(("new", "old"), (File.ReadAllText(tree + "/twice"), File.ReadAllText(tree + "/other")));
        Assert.Equal(("file now", "directory now"), (File.ReadAllText(tree + "/directory"), File.ReadAllText(tree + "/file/inside")));
        Assert.Equal(("l", FileKind.Regular), (File.ReadAllText(tree + "/link"), Status(tree + "/link").Kind));
    }

    [Fact]
    public void A_marker_becomes_what_overlayfs_takes_for_an_absence()
    {
        var tree = _store.Unpack(new LayerText().File("etc/.wh.gone").File("opt/.wh..wh..opq").File("opt/new").ToArray());

        Assert.True(Status(tree + "/etc/gone").IsWhiteout);
        Assert.True(Libc.IsOpaque(tree + "/opt"));
        Assert.False(File.Exists(tree + "/etc/.wh.gone") || File.Exists(tree + "/opt/.wh..wh..opq"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_directory_removed_and_made_anew_hides_the_one_below(bool markerFirst)
    {
        var layer = new LayerText();
        _ = markerFirst ? layer.File(".wh.d").File("d/new") : layer.File("d/new").File(".wh.d");

        var tree = _store.Unpack(layer.ToArray());

        Assert.True(Libc.IsOpaque(tree + "/d"));
        Assert.True(File.Exists(tree + "/d/new"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_marker_never_removes_a_file_of_its_own_layer(bool markerFirst)
    {
        var layer = new LayerText();
        _ = markerFirst ? layer.File(".wh.f").File("f", "here") : layer.File("f", "here").File(".wh.f");

        Assert.Equal("here", File.ReadAllText(_store.Unpack(layer.ToArray()) + "/f"));
    }

    [Fact]
    public void A_marker_below_a_directory_that_hides_everything_leaves_nothing_behind()
    {
        var tree = _store.Unpack(new LayerText()
            .Directory("d/").File("d/.wh.a").Directory("d/e/").File("d/e/.wh.b").File("d/.wh..wh..opq").File("kept/.wh.c").ToArray());

        Assert.Empty(System.IO.Directory.GetFiles(tree + "/d", "*", SearchOption.AllDirectories));
        Assert.True(Status(tree + "/kept/c").IsWhiteout);
        Assert.Equal(LayerText.Time.ToUnixTimeSeconds(), Status(tree + "/d/e").Modified.Seconds);
    }

    [Fact]
    public void Devices_are_left_out_and_counted()
    {
        var image = new TestImage(new LayerText().Device("dev/null").Device("dev/pts/0").File("dev/file").Device("var/named/dev/random").File("var/named/dev/file").ToArray());

        var imported = Assert.Single(_store.Store.Import(image.Save(_store.Directory)));

        Assert.Equal(3, imported.SkippedDevices);
    }

    [Fact]
    public void Attributes_of_overlayfs_cannot_be_brought_along()
    {
        var tree = _store.Unpack(new LayerText()
            .Raw(RawHeader.Pax("SCHILY.xattr.user.overlay.opaque", "y"u8.ToArray())).Directory("d/")
            .Raw(RawHeader.Pax("LIBARCHIVE.xattr.user.overlay.opaque", "eQ"u8.ToArray())).Directory("e/").ToArray());

        Assert.False(Libc.IsOpaque(tree + "/d") || Libc.IsOpaque(tree + "/e"));
    }

    public void Dispose() => _store.Dispose();

    private static FileStatus Status(string path)
    {
        using var directory = TemporaryDirectory.Open(Path.GetDirectoryName(path)!);
        Assert.Equal(0, Libc.StatusOfName(directory, EntryPath.Bytes(Path.GetFileName(path)), out var status));
        return status;
    }
}
