using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Xunit;

namespace Sandbox.Tests.Diff;

[SupportedOSPlatform("linux")]
public sealed class DiffArchiveTests : IDisposable
{
    private readonly OverlayDirectories _overlay = new();

    [Fact]
    public void Members_have_what_the_job_gave_them()
    {
        var time = new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero).AddTicks(1_234_567);
        _overlay.Upper("d/file", "text");
        File.SetUnixFileMode(_overlay.UpperPath("d/file"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetLastWriteTimeUtc(_overlay.UpperPath("d/file"), time.UtcDateTime);
        File.CreateSymbolicLink(_overlay.UpperPath("d/link"), "../there");

        _overlay.Collect(_overlay.ArchivePath, id: 1234);

        var members = _overlay.Archive();
        Assert.Equal(["src/", "src/d/", "src/d/file", "src/d/link"], members.Select(member => member.Name));
        Assert.All(members, member => Assert.Equal((1234, 1234), (member.Uid, member.Gid)));
        Assert.Equal((UnixFileMode.UserRead | UnixFileMode.UserExecute, time), (members[2].Mode, members[2].ModificationTime));
        Assert.Equal("text", new StreamReader(members[2].DataStream!).ReadToEnd());
        Assert.Equal("../there", members[3].LinkName);
    }

    [Fact]
    public void Set_id_bits_do_not_get_into_the_archive()
    {
        File.SetUnixFileMode(_overlay.Upper("a", ""), UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.UserExecute);

        var diff = _overlay.Collect(_overlay.ArchivePath);

        Assert.Equal(0xc40, diff.Diff!.Entries[0].Mode);
        Assert.Equal(UnixFileMode.UserExecute, _overlay.Archive()[^1].Mode);
    }

    [Fact]
    public void What_is_gone_is_a_whiteout_and_a_directory_made_anew_is_opaque_and_whole()
    {
        _overlay.Lower("gone", "");
        _overlay.Lower("d/old", "");
        _overlay.Lower("d/same", "same");
        _overlay.Whiteout("gone");
        _overlay.Opaque("d");
        _overlay.Upper("d/same", "same");

        _overlay.Collect(_overlay.ArchivePath);

        Assert.Equal(["src/", "src/.wh.gone", "src/d/", "src/d/.wh..wh..opq", "src/d/same"], _overlay.Archive().Select(member => member.Name));
    }

    [Fact]
    public void Directories_on_the_way_to_a_change_come_with_their_modes()
    {
        _overlay.Lower("a/b/file", "old");
        _overlay.Upper("a/b/file", "new");
        File.SetUnixFileMode(_overlay.UpperPath("a"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetUnixFileMode(_overlay.LowerPath("a"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var diff = _overlay.Collect(_overlay.ArchivePath);

        Assert.Equal("~a/b/file", OverlayDirectories.Words(diff));
        Assert.Equal(["src/", "src/a/", "src/a/b/", "src/a/b/file"], _overlay.Archive().Select(member => member.Name));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, _overlay.Archive()[1].Mode);
    }

    [Fact]
    public void The_same_changes_give_the_same_bytes()
    {
        _overlay.Upper("d/" + new string('é', 90), "text");

        var first = _overlay.Collect(_overlay.ArchivePath).Diff!.Archive;
        var second = _overlay.Collect($"{_overlay.Host.Path}/again.tar").Diff!.Archive;

        Assert.Equal(first!.Sha256, second!.Sha256);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_overlay.ArchivePath))), first.Sha256);
        Assert.Equal(new FileInfo(_overlay.ArchivePath).Length, first.Bytes);
    }

    [Fact]
    public void Names_targets_and_numbers_that_a_plain_header_has_no_room_for_arrive()
    {
        var name = new string('d', 200) + "/" + new string('é', 100);
        var target = new string('t', 300);
        _overlay.Upper(name, "x");
        File.CreateSymbolicLink(_overlay.UpperPath("link"), target);
        File.SetLastWriteTimeUtc(_overlay.UpperPath(name), new DateTime(1969, 12, 31, 23, 59, 58, 500, DateTimeKind.Utc));

        _overlay.Collect(_overlay.ArchivePath, id: 4_000_000);

        var file = _overlay.Archive().Single(member => member.Name == $"src/{name}");
        Assert.Equal((4_000_000, -1.5), (file.Uid, (file.ModificationTime - DateTimeOffset.UnixEpoch).TotalSeconds));
        Assert.Equal(target, _overlay.Archive().Single(member => member.Name == "src/link").LinkName);
    }

    [Fact]
    public void A_name_that_asks_for_it_is_compressed()
    {
        _overlay.Upper("a", new string('a', 100_000));
        var path = $"{_overlay.Host.Path}/changes.tar.gz";

        var archive = _overlay.Collect(path).Diff!.Archive!;

        using var tar = new TarReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        Assert.Equal(["src/", "src/a"], new[] { tar.GetNextEntry()!.Name, tar.GetNextEntry()!.Name });
        Assert.InRange(archive.Bytes, 1, 10_000);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), archive.Sha256);
    }

    [Fact]
    public void An_incomplete_archive_is_none_and_leaves_nothing()
    {
        _overlay.Upper("a", new string('a', 100));
        _overlay.Upper("b", new string('b', 100));
        _overlay.Limit = 150;

        var diff = _overlay.Collect(_overlay.ArchivePath);

        Assert.Null(diff.Diff!.Archive);
        Assert.Equal(["/src/b", "/"], diff.Errors.Select(error => error.Path));
        Assert.Equal(["lower0"], Directory.GetFileSystemEntries(_overlay.Host.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_socket_stays_out_of_the_archive_and_that_is_said()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(_overlay.UpperPath("s")));

        var diff = _overlay.Collect(_overlay.ArchivePath);

        Assert.Equal("/src/s", Assert.Single(diff.Errors).Path);
        Assert.Null(diff.Required);
        Assert.NotNull(diff.Diff!.Archive);
    }

    [Fact]
    public void An_archive_that_cannot_be_written_is_the_hosts_failure()
    {
        _overlay.Host.Write("changes.tar/in", "");

        var failure = Assert.Throws<SandboxException>(() => _overlay.Collect(_overlay.ArchivePath));

        Assert.Equal((JobPhase.Prepare, "EISDIR", "/diff/to"), (failure.Phase, failure.Errno, failure.Pointer));
    }

    public void Dispose() => _overlay.Dispose();
}
