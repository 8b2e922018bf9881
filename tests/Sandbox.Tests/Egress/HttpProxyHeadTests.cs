using System.Text;
using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>What is read as a request to an HTTP proxy, and what is refused because a server could read it otherwise.</summary>
public sealed class HttpProxyHeadTests
{
    [Theory]
    [InlineData("CONNECT a.example:443 HTTP/1.1\r\n\r\n", "a.example", 443, "")]
    [InlineData("CONNECT a.example:443 HTTP/1.0\r\nHost: b.example\r\nProxy-Authorization: Basic eDp5\r\n\r\nmore", "a.example", 443, "more")]
    [InlineData("CONNECT [2001:db8::1]:65535 HTTP/1.1\r\n\r\n", "2001:db8::1", 65535, "")]
    [InlineData("CONNECT 10.0.0.7:1 HTTP/1.1\r\nUser-Agent: x\ty\r\n\r\n\r\n", "10.0.0.7", 1, "\r\n")]
    public void A_tunnel_is_for_a_host_and_a_port(string text, string host, int port, string first)
    {
        Assert.Equal(ProxyRequestState.Whole, Read(text, out var request));

        Assert.Equal((host, port, first, true), (request.Host, request.Port, Said(request), request.IsTunnel));
    }

    [Theory]
    [InlineData("GET http://a.example/x?y HTTP/1.1\r\nHost: evil.example\r\nAccept: */*\r\n\r\n", "a.example", 80, "GET /x?y HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\nConnection: close\r\n\r\n")]
    [InlineData("POST HTTP://a.example:8080?q HTTP/1.0\r\nproxy-connection: keep-alive\r\nCONNECTION: x\r\nContent-Length: 2\r\n\r\nhi", "a.example", 8080, "POST /?q HTTP/1.0\r\nHost: a.example:8080\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")]
    [InlineData("GET http://[2001:db8::1] HTTP/1.1\r\n\r\n", "2001:db8::1", 80, "GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\nConnection: close\r\n\r\n")]
    public void A_whole_URL_becomes_a_request_of_its_server(string text, string host, int port, string first)
    {
        Assert.Equal(ProxyRequestState.Whole, Read(text, out var request));

        Assert.Equal((host, port, first, false), (request.Host, request.Port, Said(request), request.IsTunnel));
    }

    [Theory]
    [InlineData("CONNECT a.example HTTP/1.1\r\n\r\n"), InlineData("CONNECT :443 HTTP/1.1\r\n\r\n"), InlineData("CONNECT a.example: HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT a.example:0 HTTP/1.1\r\n\r\n"), InlineData("CONNECT a.example:65536 HTTP/1.1\r\n\r\n"), InlineData("CONNECT a.example:+1 HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT a.example:443:80 HTTP/1.1\r\n\r\n"), InlineData("CONNECT x@a.example:443 HTTP/1.1\r\n\r\n"), InlineData("CONNECT [::1:443 HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT [::1]x:443 HTTP/1.1\r\n\r\n"), InlineData("CONNECT  a.example:443 HTTP/1.1\r\n\r\n"), InlineData("CONNECT a.example:443 HTTP/1.1 \r\n\r\n")]
    [InlineData("CONNECT a.example:443\r\n\r\n"), InlineData("CONNECT a.example:443 HTTP/2.0\r\n\r\n"), InlineData("connect a.example:443 HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT a\0.example:443 HTTP/1.1\r\n\r\n"), InlineData("CONNECT a\r.example:443 HTTP/1.1\r\n\r\n"), InlineData("CONNECT a\n.example:443 HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT a.example:443 HTTP/1.1\nHost: b\r\n\r\n"), InlineData("CONNECT a.example:443 HTTP/1.1\r\nno field\r\n\r\n"), InlineData("CONNECT a.example:443 HTTP/1.1\r\n folded: x\r\n\r\n")]
    [InlineData("CONNECT a.example:443 HTTP/1.1\r\nx : y\r\n\r\n"), InlineData("CONNECT a.example:443 HTTP/1.1\r\nx: \0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"), InlineData("GET https://a.example/ HTTP/1.1\r\n\r\n"), InlineData("GET ftp://a.example/ HTTP/1.1\r\n\r\n"), InlineData("GET http:///x HTTP/1.1\r\n\r\n")]
    [InlineData("\r\n\r\n"), InlineData(" http://a.example/ HTTP/1.1\r\n\r\n")]
    public void What_can_be_read_in_two_ways_is_read_in_none(string text) => Assert.Equal(ProxyRequestState.Broken, Read(text, out _));

    [Fact]
    public void A_head_is_waited_for_until_it_is_too_long()
    {
        Assert.Equal(ProxyRequestState.Incomplete, Read("", out _));
        Assert.Equal(ProxyRequestState.Incomplete, Read("CONNECT a.example:443 HTTP/1.1\r\n\r", out _));
        Assert.Equal(ProxyRequestState.Incomplete, Read(new string('x', HttpProxyHead.Most - 1), out _));
        Assert.Equal(ProxyRequestState.Broken, Read(new string('x', HttpProxyHead.Most), out _));
    }

    private static ProxyRequestState Read(string text, out ProxyRequest request) => HttpProxyHead.Read(Encoding.Latin1.GetBytes(text), out request);

    private static string Said(ProxyRequest request) => Encoding.Latin1.GetString(request.First.Span);
}
