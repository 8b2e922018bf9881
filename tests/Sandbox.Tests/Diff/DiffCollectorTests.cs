using System.Runtime.Versioning;
using System.Security.Cryptography;
using Xunit;

namespace Sandbox.Tests.Diff;

[SupportedOSPlatform("linux")]
public sealed class DiffCollectorTests : IDisposable
{
    private readonly OverlayDirectories _overlay = new();

    [Fact]
    public void Nothing_changed_is_an_empty_diff()
    {
        _overlay.Lower("a", "x");

        Assert.Equal("", _overlay.Changes());
    }

    [Fact]
    public void A_new_file_is_created_and_told_in_full()
    {
        File.SetUnixFileMode(_overlay.Upper("a.c", "int"), UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var entry = Assert.Single(_overlay.Collect().Diff!.Entries);

        Assert.Equal(
            new DiffEntry { Path = "/src/a.c", Change = DiffChange.Created, Type = DiffType.File, Mode = 0x180, Bytes = 3, Sha256 = Digest("int") },
            entry);
    }

    [Fact]
    public void Content_mode_type_and_link_are_what_counts_as_changed()
    {
        foreach (var name in new[] { "content", "size", "mode", "type" })
        {
            _overlay.Lower(name, "old");
        }

        File.CreateSymbolicLink(_overlay.LowerPath("link"), "old");
        _overlay.Upper("content", "new");
        _overlay.Upper("size", "longer");
        File.SetUnixFileMode(_overlay.Upper("mode", "old"), UnixFileMode.UserRead);
        File.CreateSymbolicLink(_overlay.UpperPath("type"), "old");
        File.CreateSymbolicLink(_overlay.UpperPath("link"), "new");

        Assert.Equal("~content ~link ~mode ~size ~type", _overlay.Changes());
    }

    [Fact]
    public void What_was_only_touched_is_not_changed()
    {
        _overlay.Lower("sub/file", "same");
        _overlay.Upper("sub/file", "same");
        File.CreateSymbolicLink(_overlay.LowerPath("link"), "same");
        File.CreateSymbolicLink(_overlay.UpperPath("link"), "same");
        File.SetLastWriteTimeUtc(_overlay.UpperPath("sub/file"), DateTime.UnixEpoch);

        Assert.Equal("", _overlay.Changes());
    }

    [Fact]
    public void A_whiteout_is_a_deletion_of_what_was_there()
    {
        _overlay.Lower("file", "");
        _overlay.Lower("directory/in", "");
        _overlay.Whiteout("file");
        _overlay.Whiteout("directory");
        _overlay.Whiteout("never-there");

        Assert.Equal("-directory/ -file", _overlay.Changes());
    }

    [Fact]
    public void A_directory_made_anew_has_lost_what_it_had()
    {
        _overlay.Lower("d/kept", "same");
        _overlay.Lower("d/other", "old");
        _overlay.Lower("d/gone", "");
        _overlay.Lower("d/sub/gone", "");
        _overlay.Opaque("d");
        _overlay.Upper("d/kept", "same");
        _overlay.Upper("d/other", "new");
        _overlay.Upper("d/added", "");

        Assert.Equal("+d/added -d/gone ~d/other -d/sub/", _overlay.Changes());
    }

    [Fact]
    public void What_is_the_same_in_a_directory_made_anew_takes_nothing_off_the_limit()
    {
        _overlay.Lower("d/kept", new string('x', 100));
        _overlay.Opaque("d");
        _overlay.Upper("d/kept", new string('x', 100));
        _overlay.Upper("d/added", new string('x', 100));
        _overlay.Limit = 150;

        Assert.Equal("+d/added", _overlay.Changes());
    }

    [Fact]
    public void A_directory_within_one_made_anew_is_compared_too()
    {
        _overlay.Lower("d/sub/kept", "same");
        _overlay.Lower("d/sub/gone", "");
        _overlay.Opaque("d");
        _overlay.Upper("d/sub/kept", "same");

        Assert.Equal("-d/sub/gone", _overlay.Changes());
    }

    [Fact]
    public void A_file_in_the_place_of_a_directory_and_the_other_way_round_are_changes()
    {
        _overlay.Lower("directory/in", "");
        _overlay.Lower("file", "");
        _overlay.Upper("directory", "now a file");
        _overlay.Upper("file/in", "");
        _overlay.Opaque("file");

        Assert.Equal("~directory ~file/ +file/in", _overlay.Changes());
    }

    [Fact]
    public void The_directory_of_the_mount_counts_by_its_mode()
    {
        File.SetUnixFileMode(_overlay.UpperPath(""), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var entry = Assert.Single(_overlay.Collect().Diff!.Entries);

        Assert.Equal(("/src", DiffChange.Changed, 0x1c0), (entry.Path, entry.Change, entry.Mode));
    }

    [Fact]
    public void Paths_are_sorted_by_their_characters()
    {
        _overlay.Upper("b/x", "");
        _overlay.Upper("b-c", "");
        _overlay.Upper("a", "");

        Assert.Equal("+a +b/ +b-c +b/x", _overlay.Changes());
    }

    [Fact]
    public void What_the_launcher_made_is_no_change_of_the_job_until_the_job_changes_it()
    {
        _overlay.Given["way"] = new();
        _overlay.Given["way/point"] = new();
        _overlay.Given["link"] = new() { Link = "there" };
        _overlay.Given["text"] = new() { File = new("/src/text", "") { Content = "given"u8.ToArray(), Mode = 0x1a4 } };
        _overlay.Given["from"] = new() { File = new("/src/from", "") { Extra = 0, Source = _overlay.Host.Write("source", "from"), Mode = 0x1a4 } };
        Directory.CreateDirectory(_overlay.UpperPath("way/point"));
        File.CreateSymbolicLink(_overlay.UpperPath("link"), "there");
        _overlay.Upper("text", "given");
        _overlay.Upper("from", "from");
        _overlay.Lower("text", "what the file replaced");

        Assert.Equal("", _overlay.Changes());

        _overlay.Upper("text", "taken");
        _overlay.Upper("from", "else");
        _overlay.Upper("way/new", "");
        File.Delete(_overlay.UpperPath("link"));
        File.CreateSymbolicLink(_overlay.UpperPath("link"), "elsewhere");
        Assert.Equal("+from +link ~text +way/new", _overlay.Changes());
    }

    [Fact]
    public void Layers_below_are_merged_with_their_own_whiteouts_and_opaque_directories()
    {
        using var layered = new OverlayDirectories(layers: 2);
        layered.Lower("d/top", "same", layer: 0);
        layered.Lower("d/bottom", "same", layer: 1);
        layered.Lower("hidden/bottom", "", layer: 1);
        layered.LowerOpaque("hidden", layer: 0);
        layered.Lower("gone", "", layer: 1);
        layered.LowerWhiteout("gone", layer: 0);
        layered.Upper("d/top", "same");
        layered.Upper("d/bottom", "same");
        layered.Upper("hidden/bottom", "");
        layered.Upper("gone", "");

        Assert.Equal("+gone +hidden/bottom", layered.Changes());
    }

    [Fact]
    public void The_topmost_layer_is_what_a_file_is_compared_with()
    {
        using var layered = new OverlayDirectories(layers: 2);
        layered.Lower("file", "newer", layer: 0);
        layered.Lower("file", "older", layer: 1);
        layered.Upper("file", "older");

        Assert.Equal("~file", layered.Changes());
    }

    [Fact]
    public void A_link_on_the_host_is_not_followed_in_the_comparison()
    {
        _overlay.Host.Write("elsewhere/file", "same");
        Directory.CreateSymbolicLink(_overlay.LowerPath("d"), _overlay.Host.Path + "/elsewhere");
        _overlay.Upper("d/file", "same");

        Assert.Equal("~d/ +d/file", _overlay.Changes());
    }

    public void Dispose() => _overlay.Dispose();

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
}
