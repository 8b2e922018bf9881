using System.Net;
using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>A list allows what it says, however that is written, and nothing that only looks like it.</summary>
public sealed class EgressRuleTests
{
    [Theory]
    [InlineData("registry.example.org:443", "registry.example.org", 443, true)]
    [InlineData("registry.example.org:443", "registry.example.org", 80, false)]
    [InlineData("registry.example.org", "registry.example.org", 80, true)]
    [InlineData("Registry.Example.ORG.:443", "registry.example.org", 443, true)]
    [InlineData("example.org", "www.example.org", 443, false)]
    [InlineData("*.example.org", "www.example.org", 443, true)]
    [InlineData("*.example.org", "a.b.example.org", 443, true)]
    [InlineData("*.example.org", "example.org", 443, false)]
    [InlineData("*.example.org", "wwwexample.org", 443, false)]
    [InlineData("*.example.org", ".example.org", 443, false)]
    [InlineData("*.sandbox.internal", "host.sandbox.internal", 443, false)]
    [InlineData("*.internal", "host.sandbox.internal", 443, false)]
    [InlineData("any", "host.sandbox.internal", 443, false)]
    [InlineData("any", "example.org", 22, true)]
    [InlineData("host.sandbox.internal:8080", "host.sandbox.internal", 8080, true)]
    [InlineData("host.sandbox.internal:8080", "host.sandbox.internal", 8081, false)]
    [InlineData("10.0.0.0/8", "example.org", 443, false)]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example", 443, true)]
    public void A_name_is_reached_if_a_rule_has_it(string rule, string name, int port, bool isReached)
    {
        Assert.Equal(isReached, List(rule).ForName(name, port).Rule is not null);
    }

    [Theory]
    [InlineData("10.0.0.0/8:5432", "10.1.2.3", 5432, true)]
    [InlineData("10.0.0.0/8:5432", "10.1.2.3", 5433, false)]
    [InlineData("10.0.0.0/8:5432", "11.1.2.3", 5432, false)]
    [InlineData("10.1.2.3", "10.1.2.3", 1, true)]
    [InlineData("169.254.169.254:80", "169.254.169.254", 80, true)]
    [InlineData("any", "8.8.8.8", 53, true)]
    [InlineData("any", "10.1.2.3", 443, false)]
    [InlineData("0.0.0.0/0", "8.8.8.8", 443, true)]
    [InlineData("0.0.0.0/0", "10.1.2.3", 443, false)]
    [InlineData("8.0.0.0/5", "10.1.2.3", 443, false)]
    [InlineData("128.0.0.0/1", "192.168.1.1", 443, false)]
    [InlineData("::/0", "2606:4700::1", 443, true)]
    [InlineData("::/0", "fd00::1", 443, false)]
    [InlineData("::/0", "::ffff:10.0.0.1", 443, false)]
    [InlineData("::/0", "64:ff9b::a00:1", 443, false)]
    [InlineData("[2606:4700::]/32:443", "2606:4700::1", 443, true)]
    [InlineData("[2606:4700::1]:443", "2606:4700::1", 80, false)]
    [InlineData("fd00::/8", "fd12::1", 443, true)]
    [InlineData("example.org", "93.184.216.34", 443, false)]
    public void An_address_is_reached_if_a_rule_of_addresses_has_it(string rule, string address, int port, bool isReached)
    {
        Assert.Equal(isReached, List(rule).ForAddress(IPAddress.Parse(address), port).Rule is not null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("*:443")]
    [InlineData("www.*.org")]
    [InlineData("*example.org")]
    [InlineData("*.*.org")]
    [InlineData("example..org")]
    [InlineData(".example.org")]
    [InlineData("-a.example.org")]
    [InlineData("a b.example.org")]
    [InlineData("bücher.example")]
    [InlineData("http://example.org")]
    [InlineData("example.org/path")]
    [InlineData("example.org:")]
    [InlineData("example.org:0")]
    [InlineData("example.org:080")]
    [InlineData("example.org:65536")]
    [InlineData("example.org:https")]
    [InlineData("example.org:443:443")]
    [InlineData("user@example.org")]
    [InlineData("2130706433")]
    [InlineData("127.1")]
    [InlineData("0x7f000001")]
    [InlineData("a.0x7f")]
    [InlineData("010.0.0.1")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/08")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("[::1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("::ffff:10.0.0.0/104")]
    [InlineData("127.0.0.1:80")]
    [InlineData("127.0.0.0/8")]
    [InlineData("::1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("198.18.0.5")]
    [InlineData("64:ff9b:1::5")]
    [InlineData("localhost:80")]
    [InlineData("a.localhost")]
    [InlineData("host.sandbox.internal")]
    [InlineData("*.host.sandbox.internal:80")]
    public void What_has_no_one_meaning_is_no_rule(string text)
    {
        Assert.NotNull(EgressRule.Parse(text, out var rule));
        Assert.Null(rule);
    }

    [Fact]
    public void A_label_and_a_name_have_their_lengths()
    {
        var label = new string('a', 63);

        Assert.Null(EgressRule.Parse($"{label}.org", out _));
        Assert.NotNull(EgressRule.Parse($"a{label}.org", out _));
        Assert.NotNull(EgressRule.Parse(string.Join('.', Enumerable.Repeat(label, 4)), out _));
    }

    [Theory]
    [InlineData("example.org", "10.1.2.3", false)]
    [InlineData("example.org", "169.254.169.254", false)]
    [InlineData("example.org", "127.0.0.1", false)]
    [InlineData("example.org", "::1", false)]
    [InlineData("example.org", "64:ff9b::7f00:1", false)]
    [InlineData("example.org", "2002:a9fe:a9fe::1", false)]
    [InlineData("example.org", "93.184.216.34", true)]
    [InlineData("10.0.0.0/8:443", "10.1.2.3", true)]
    [InlineData("10.0.0.0/8:80", "10.1.2.3", false)]
    [InlineData("0.0.0.0/0", "10.1.2.3", false)]
    [InlineData("any", "10.1.2.3", false)]
    public void Where_a_name_leads_is_held_to_the_list_too(string rule, string address, bool mayBeDialled)
    {
        Assert.Equal(mayBeDialled, List(rule).ForResolved(IPAddress.Parse(address), 443) is null);
    }

    private static EgressList List(params string[] rules) => EgressList.Of(new EgressNetwork { Allow = rules });
}
