using System.Text;
using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>What is read as SOCKS 5.</summary>
public sealed class SocksRequestTests
{
    [Theory]
    [InlineData("", "Incomplete"), InlineData("05", "Incomplete"), InlineData("0502", "Incomplete"), InlineData("050202", "Incomplete")]
    [InlineData("050100", "Whole"), InlineData("05020200", "Whole"), InlineData("05010005010001", "Whole")]
    [InlineData("0500", "Broken"), InlineData("050102", "Broken"), InlineData("04010050", "Broken")]
    public void A_client_that_can_do_without_a_password_is_greeted(string said, string state) => Assert.Equal(state, SocksRequest.ReadGreeting(Convert.FromHexString(said), out _).ToString());

    [Theory]
    [InlineData("0501000109090909" + "01bb", "9.9.9.9", 443, "")]
    [InlineData("0501000420010db8000000000000000000000001" + "0050" + "6d6f7265", "2001:db8::1", 80, "more")]
    [InlineData("0501000309" + "612e6578616d706c65" + "01bb", "a.example", 443, "")]
    public void A_connection_is_to_a_name_or_an_address(string said, string host, int port, string first)
    {
        Assert.Equal(ProxyRequestState.Whole, SocksRequest.Read(Convert.FromHexString(said), out var request, out _));

        Assert.Equal((host, port, first, true), (request.Host, request.Port, Encoding.ASCII.GetString(request.First.Span), request.IsTunnel));
        for (var length = 0; length < said.Length - (2 * first.Length); length += 2)
        {
            Assert.Equal(ProxyRequestState.Incomplete, SocksRequest.Read(Convert.FromHexString(said[..length]), out _, out _));
        }
    }

    [Theory]
    [InlineData("0502000109090909" + "01bb", "NotSupported"), InlineData("0503000109090909" + "01bb", "NotSupported"), InlineData("05ff000109090909" + "01bb", "NotSupported")]
    [InlineData("0501000209090909" + "01bb", "NoSuchAddress"), InlineData("0501010109090909" + "01bb", "NoSuchAddress")]
    [InlineData("0501000109090909" + "0000", "Failed"), InlineData("0401000109090909" + "01bb", "Failed")]
    public void What_is_not_done_is_refused(string said, string refusal)
    {
        Assert.Equal(ProxyRequestState.Broken, SocksRequest.Read(Convert.FromHexString(said), out _, out var answer));

        Assert.Equal(refusal, answer.ToString());
    }

    [Theory]
    [InlineData("a.example", "a.example", null), InlineData("A.Example.", "a.example", null), InlineData("10.0.0.7", null, "10.0.0.7"), InlineData("fd00::7", null, "fd00::7")]
    [InlineData("a\0.example", null, null), InlineData("a\r\n.example", null, null), InlineData("", null, null), InlineData("2130706433", null, null), InlineData("127.1", null, null)]
    [InlineData("0x7f.0.0.1", null, null), InlineData("fe80::1%1", null, null), InlineData("010.0.0.1", null, null)]
    public void A_host_is_a_name_an_address_or_nothing(string host, string? name, string? address)
    {
        var request = new ProxyRequest(host, 443, default, IsTunnel: true);

        Assert.Equal((name, address), (request.Name, request.Address?.ToString()));
    }
}
