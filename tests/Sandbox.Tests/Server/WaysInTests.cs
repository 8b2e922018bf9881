using System.Net;
using Sandbox.Server.Listening;
using Sandbox.Server.Logging;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class WaysInTests
{
    private readonly HandSetClock _clock = new();

    [Theory]
    [InlineData("127.0.0.1:8080", "127.0.0.1", 8080)]
    [InlineData("[::1]:0", "::1", 0)]
    [InlineData("0.0.0.0:65535", "0.0.0.0", 65535)]
    [InlineData("localhost:1", "127.0.0.1 ::1", 1)]
    public void A_place_is_addresses_and_a_port(string text, string addresses, int port)
    {
        var place = TcpAddress.Parse(text);

        Assert.Equal((addresses, port), (string.Join(' ', place.Addresses), place.Port));
    }

    [Theory]
    [InlineData("8080")]
    [InlineData(":8080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1: 1")]
    [InlineData("127.1:1")]
    [InlineData("2130706433:1")]
    [InlineData("0x7f.0.0.1:1")]
    [InlineData("127.0.0.01:1")]
    [InlineData("::1:1")]
    [InlineData("[127.0.0.1]:1")]
    [InlineData("[::ffff:127.0.0.1]:1")]
    [InlineData("example.com:1")]
    [InlineData("LOCALHOST.:1")]
    [InlineData("http://127.0.0.1:1")]
    public void What_could_be_read_in_two_ways_is_none(string text) => Assert.Throws<FormatException>(() => TcpAddress.Parse(text));

    [Fact]
    public void The_unix_socket_always_has_connections_left()
    {
        var bound = new ConnectionBound(8);
        var tcp = Enumerable.Range(0, 8).Select(_ => bound.Enter(IPAddress.Loopback)).ToList();
        var unix = Enumerable.Range(0, 8).Select(_ => bound.Enter(null)).ToList();

        Assert.Equal((6, 2), (tcp.Count(static place => place is not null), unix.Count(static place => place is not null)));
        tcp[0]!.Dispose();
        tcp[0]!.Dispose();
        Assert.NotNull(bound.Enter(IPAddress.IPv6Loopback));
        Assert.Null(bound.Enter(null));
    }

    [Fact]
    public void One_address_of_the_network_does_not_have_them_all()
    {
        var bound = new ConnectionBound(16);
        int Taken(string address) => Enumerable.Range(0, 16).Count(_ => bound.Enter(IPAddress.Parse(address)) is not null);

        Assert.Equal(4, Taken("192.0.2.1"));
        Assert.Equal(4, Taken("2001:db8::1"));
        Assert.Equal(0, Taken("2001:db8::2"));
        Assert.Equal(4, Taken("2001:db8:0:1::1"));
        Assert.Equal(0, Taken("192.0.2.2"));
    }

    [Fact]
    public void Of_many_lines_some_are_written_and_how_many_were_not()
    {
        var throttle = new LineThrottle(2, TimeSpan.FromSeconds(10), _clock);
        var flood = Enumerable.Range(0, 1000).Select(_ => throttle.Pass("a", "line")).ToList();

        Assert.Equal(["line", "line"], flood.OfType<string>());
        Assert.Equal("other", throttle.Pass("b", "other"));
        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("line (998 more like this were not written)", throttle.Pass("a", "line"));
        Assert.Null(throttle.Pass("a", "line"));
    }

    [Fact]
    public void A_line_is_one_line_with_its_priority_if_the_journal_reads_it()
    {
        var (plain, journal) = (new StringWriter(), new StringWriter());

        new ServerLog(plain, hasPriorities: false, _clock).Say("a\nb\u001b[2J");
        new ServerLog(journal, hasPriorities: true, _clock).SayOfClient("kind", "c\nd");

        Assert.Equal("sandbox serve: a\\u000ab\\u001b[2J\n", plain.ToString());
        Assert.Equal("<4>sandbox serve: c\\u000ad\n", journal.ToString());
    }
}
