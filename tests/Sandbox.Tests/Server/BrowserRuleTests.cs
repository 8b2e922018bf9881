using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Sandbox.Server.Access;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class BrowserRuleTests
{
    private static readonly IPEndPoint s_port = new(IPAddress.Loopback, 8080);

    [Theory]
    [InlineData("localhost:8080", true)]
    [InlineData("LOCALHOST:8080", true)]
    [InlineData("127.0.0.1:8080", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("localhost", false)]
    [InlineData("localhost:80", false)]
    [InlineData("localhost:08080", false)]
    [InlineData("localhost.:8080", false)]
    [InlineData("localhost:8080.evil.example", false)]
    [InlineData("evil.example:8080", false)]
    [InlineData("localhost.evil.example:8080", false)]
    [InlineData("evil.example@localhost:8080", false)]
    [InlineData("127.0.0.2:8080", false)]
    [InlineData("127.1:8080", false)]
    [InlineData("2130706433:8080", false)]
    [InlineData("[::ffff:127.0.0.1]:8080", false)]
    [InlineData("[0:0:0:0:0:0:0:1]:8080", false)]
    [InlineData(" localhost:8080", false)]
    [InlineData("", false)]
    public void Only_a_name_of_the_loopback_with_the_port_is_let_in(string host, bool isLetIn) => Assert.Equal(isLetIn, BrowserRule.HostRefusal(host, s_port, "http") is null);

    [Fact]
    public void No_host_and_two_hosts_are_none()
    {
        Assert.NotNull(BrowserRule.HostRefusal(default, s_port, "http"));
        Assert.NotNull(BrowserRule.HostRefusal(new StringValues(["localhost:8080", "localhost:8080"]), s_port, "http"));
    }

    [Theory]
    [InlineData("127.7.7.7", 9, "http", "127.7.7.7:9")]
    [InlineData("127.0.0.1", 80, "http", "localhost")]
    [InlineData("127.0.0.1", 80, "http", "localhost:80")]
    [InlineData("127.0.0.1", 443, "https", "127.0.0.1")]
    public void The_address_itself_and_the_usual_port_are_let_in(string address, int port, string scheme, string host) =>
        Assert.Null(BrowserRule.HostRefusal(host, new(IPAddress.Parse(address), port), scheme));

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("http://localhost:8080", "same-origin", true)]
    [InlineData(null, "none", true)]
    [InlineData("null", null, false)]
    [InlineData("", null, false)]
    [InlineData("http://localhost", null, false)]
    [InlineData("https://localhost:8080", null, false)]
    [InlineData("http://127.0.0.1:8080", null, false)]
    [InlineData("http://localhost:8080/", null, false)]
    [InlineData("http://localhost:8080.evil.example", null, false)]
    [InlineData("https://evil.example", null, false)]
    [InlineData(null, "cross-site", false)]
    [InlineData(null, "same-site", false)]
    [InlineData(null, "Same-Origin", false)]
    [InlineData(null, "", false)]
    [InlineData("http://localhost:8080", "cross-site", false)]
    public void Only_the_servers_own_page_and_programs_are_let_in(string? origin, string? site, bool isLetIn)
    {
        IHeaderDictionary headers = new HeaderDictionary { ["Host"] = "localhost:8080" };
        if (origin is not null)
        {
            headers.Origin = origin;
        }

        if (site is not null)
        {
            headers["Sec-Fetch-Site"] = site;
        }

        Assert.Equal(isLetIn, BrowserRule.OriginRefusal(headers, "http") is null);
    }

    [Fact]
    public void Two_origins_are_refused_even_if_one_is_right()
    {
        Assert.NotNull(BrowserRule.OriginRefusal(new HeaderDictionary { ["Host"] = "localhost:8080", ["Origin"] = new StringValues(["http://localhost:8080", "http://evil.example"]) }, "http"));
        Assert.NotNull(BrowserRule.OriginRefusal(new HeaderDictionary { ["Origin"] = "http://" }, "http"));
    }
}
