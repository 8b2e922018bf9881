using System.Diagnostics;
using System.Runtime.Versioning;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Diff;

/// <summary>What a job may leave to disturb whoever looks at its changes.</summary>
[SupportedOSPlatform("linux")]
public sealed class HostileDiffTests : IDisposable
{
    private readonly OverlayDirectories _overlay = new();

    [Fact(Timeout = 20_000)]
    public async Task A_fifo_is_told_and_never_opened()
    {
        Shell("mkfifo fifo");

        var diff = await Task.Run(() => _overlay.Collect(), TestContext.Current.CancellationToken);

        Assert.Equal((DiffType.Other, "/src/fifo"), (diff.Diff!.Entries[0].Type, diff.Diff.Entries[0].Path));
        Assert.Empty(diff.Errors);
    }

    [Fact]
    public void A_link_is_told_and_never_followed()
    {
        File.CreateSymbolicLink(_overlay.UpperPath("passwd"), "/etc/passwd");
        Directory.CreateSymbolicLink(_overlay.UpperPath("etc"), "/etc");

        var diff = _overlay.Collect();

        Assert.Equal("+etc +passwd", OverlayDirectories.Words(diff));
        Assert.All(diff.Diff!.Entries, entry => Assert.Equal((DiffType.Symlink, null), (entry.Type, entry.Sha256)));
        Assert.Equal(["/etc", "/etc/passwd"], diff.Diff!.Entries.Select(entry => entry.Target));
    }

    [Fact]
    public void A_name_that_is_no_utf8_is_an_error_and_the_rest_is_told()
    {
        _overlay.Upper("good", "");
        Shell("printf x > \"$(printf '\\377')\"");

        var diff = _overlay.Collect(_overlay.ArchivePath);

        // The framework cannot name the file either, not even to delete it.
        Shell("rm -f ./?");
        Assert.Equal("+good", OverlayDirectories.Words(diff));
        Assert.Equal("its name is not UTF-8", diff.Required?.Error);
        Assert.Null(diff.Diff!.Archive);
    }

    [Fact]
    public void A_name_with_control_characters_is_told_as_it_is()
    {
        _overlay.Upper("a\n\u001b[31m", "");

        Assert.Equal("+a\n\u001b[31m", _overlay.Changes());
    }

    [Fact]
    public void A_tree_deeper_than_any_path_is_an_error_and_the_rest_is_told()
    {
        _overlay.Upper("z", "");
        Dig(4000);

        var diff = _overlay.Collect();

        Assert.Equal("something in it has a path longer than 4095 bytes", Assert.Single(diff.Errors).Error);
        Assert.Equal("/src/z", diff.Diff!.Entries[^1].Path);
        Assert.True(diff.Diff.Entries.Count > 2000);
    }

    [Fact]
    public void More_changes_than_a_result_can_hold_are_cut_off_and_said_to_be()
    {
        for (var i = 0; i < 10_001; i++)
        {
            File.WriteAllText(_overlay.UpperPath($"{i:D5}"), "");
        }

        var diff = _overlay.Collect(_overlay.ArchivePath);

        Assert.Equal((10_000, true), (diff.Diff!.Entries.Count, diff.Diff.IsTruncated));
        Assert.Equal("the diff ends here: more than 10000 changes", diff.Required?.Error);
        Assert.False(File.Exists(_overlay.ArchivePath));
    }

    [Fact]
    public void A_sparse_terabyte_is_told_and_not_read()
    {
        using (var file = new FileStream(_overlay.Upper("big", ""), FileMode.Open))
        {
            file.SetLength(1L << 40);
        }

        _overlay.Limit = 1 << 30;

        var diff = _overlay.Collect();

        Assert.Equal((1L << 40, null), (diff.Diff!.Entries[0].Bytes, diff.Diff.Entries[0].Sha256));
        Assert.Contains("limits.collect of 1 GiB", diff.Required?.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_file_that_was_only_touched_is_changed_if_comparing_it_would_take_too_long()
    {
        using (var file = new FileStream(_overlay.Upper("big", ""), FileMode.Open))
        {
            file.SetLength(1L << 40);
        }

        using (var file = new FileStream(_overlay.Lower("big", ""), FileMode.Open))
        {
            file.SetLength(1L << 40);
        }

        _overlay.Limit = 1 << 30;

        Assert.Equal("~big", OverlayDirectories.Words(_overlay.Collect()));
    }

    [Fact]
    public void A_name_that_means_a_deletion_does_not_get_into_a_layer()
    {
        _overlay.Lower("etc/passwd", "root");
        _overlay.Upper("etc/.wh.passwd", "");

        var diff = _overlay.Collect(_overlay.ArchivePath);

        Assert.Equal("/src/etc/.wh.passwd", diff.Required?.Path);
        Assert.False(File.Exists(_overlay.ArchivePath));
    }

    public void Dispose()
    {
        // Deeper than the framework deletes.
        Shell("find . -depth -delete");
        _overlay.Dispose();
    }

    // By descriptors: no call takes a path of that length.
    private void Dig(int depth)
    {
        var directory = TemporaryDirectory.Open(_overlay.UpperPath(""));
        for (var i = 0; i < depth; i++)
        {
            Assert.Equal(0, Libc.MakeDirectoryAt(directory, "d\0"u8));
            Assert.Equal(0, Libc.OpenAt(directory, "d\0"u8, OpenFlags.Path, out var next));
            directory.Dispose();
            directory = next;
        }

        directory.Dispose();
    }

    private void Shell(string script)
    {
        var start = new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = _overlay.UpperPath("") };
        using var process = Process.Start(start)!;
        process.WaitForExit();
    }
}
