using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

/// <summary>Where sockets of job hosts are.</summary>
public sealed class HiddenPlaceTests : IDisposable
{
    private readonly TemporaryDirectory _host = new();

    // A pair of listening sockets is a job host's; a connection to one, an abstract name and a single socket are not.
    [Fact]
    public void In_the_kernels_list_a_host_is_two_sockets_that_listen_one_named_after_the_other()
    {
        const string list = """
            Num       RefCount Protocol Flags    Type St Inode Path
            0000000000000000: 00000002 00000000 00010000 0001 01 20001 /srv/judge/my s
            0000000000000000: 00000002 00000000 00010000 0001 01 20002 /srv/judge/my s.exec
            0000000000000000: 00000003 00000000 00000000 0001 03 20003 /srv/judge/my s.exec
            0000000000000000: 00000002 00000000 00010000 0001 01 20004 /srv/alone.exec
            0000000000000000: 00000002 00000000 00010000 0001 01 20005 @/srv/abstract
            0000000000000000: 00000002 00000000 00010000 0001 01 20006 @/srv/abstract.exec
            0000000000000000: 00000003 00000000 00000000 0001 03 20007 /srv/connected
            0000000000000000: 00000003 00000000 00000000 0001 03 20008 /srv/connected.exec
            0000000000000000: 00000002 00000000 00010000 0001 01 20009
            """;

        Assert.Equal(["/srv/judge", "/srv/judge/my s.exec", "/srv/judge/my s"], HiddenPlace.Sockets(list));
        Assert.Empty(HiddenPlace.Sockets(""));
    }

    [Fact]
    public void What_is_given_is_found_where_it_leads_and_once()
    {
        Directory.CreateDirectory($"{_host.Path}/in");
        Directory.CreateSymbolicLink($"{_host.Path}/link", "in");

        var place = Assert.Single(HiddenPlace.Of([$"{_host.Path}/link", $"{_host.Path}/in/../in", $"{_host.Path}/missing"], new()));

        Assert.Equal($"{_host.Path}/in", place.Path);
        Assert.True(place.Inode > 0);
    }

    // The same file system, mounted again with another directory of it as its root, and a socket that is mounted by itself.
    [Fact]
    public void Every_mount_that_shows_it_is_a_place_of_its_own()
    {
        Directory.CreateDirectory($"{_host.Path}/fs/in");
        Directory.CreateDirectory($"{_host.Path}/again");
        Directory.CreateDirectory($"{_host.Path}/root/proc/self");
        Directory.CreateSymbolicLink($"{_host.Path}/again/in", "../fs/in");
        Directory.CreateDirectory($"{_host.Path}/covered/in");
        File.WriteAllText($"{_host.Path}/root/proc/self/mountinfo", $"""
            1 0 8:1 / / rw - ext4 /dev/a rw
            2 1 8:2 /a {_host.Path}/fs rw - ext4 /dev/b rw
            3 1 8:2 / {_host.Path}/whole rw - ext4 /dev/b rw
            4 1 8:2 /a {_host.Path}/again rw - ext4 /dev/b rw
            5 1 8:2 /a {_host.Path}/covered rw - ext4 /dev/b rw
            6 1 8:3 /a {_host.Path}/other rw - ext4 /dev/c rw

            """);

        var places = HiddenPlace.Of([$"{_host.Path}/fs/in"], new HostFiles($"{_host.Path}/root"));

        Assert.Equal([$"{_host.Path}/fs/in", $"{_host.Path}/again/in"], places.Select(place => place.Path));
    }

    public void Dispose() => _host.Dispose();
}
