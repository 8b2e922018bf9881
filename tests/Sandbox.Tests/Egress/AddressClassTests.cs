using System.Net;
using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>Every address that is not of the internet at large is known as such, however it is written.</summary>
public sealed class AddressClassTests
{
    [Theory]
    [InlineData("127.0.0.1"), InlineData("127.255.255.254"), InlineData("0.0.0.0"), InlineData("0.1.2.3"), InlineData("224.0.0.1"), InlineData("239.255.255.255")]
    [InlineData("255.255.255.255"), InlineData("198.18.0.1"), InlineData("198.19.255.255"), InlineData("::"), InlineData("::1"), InlineData("ff02::1")]
    [InlineData("::ffff:127.0.0.1"), InlineData("::ffff:0.0.0.0"), InlineData("::127.0.0.1"), InlineData("64:ff9b::127.0.0.1"), InlineData("64:ff9b:1::1")]
    [InlineData("2002:7f00:1::"), InlineData("2001:0:1::1")]
    public void Some_are_never_reached(string address) => Assert.Equal(AddressClass.Never, AddressClasses.Of(IPAddress.Parse(address), out _));

    [Theory]
    [InlineData("10.0.0.1"), InlineData("172.16.0.1"), InlineData("172.31.255.255"), InlineData("192.168.0.1"), InlineData("100.64.0.1"), InlineData("100.127.255.255")]
    [InlineData("169.254.169.254"), InlineData("192.0.0.170"), InlineData("240.0.0.1"), InlineData("203.0.113.1"), InlineData("fd00::1"), InlineData("fc00::1")]
    [InlineData("fe80::1"), InlineData("febf::1"), InlineData("fec0::1"), InlineData("fd00:ec2::254"), InlineData("2001:db8::1")]
    [InlineData("::ffff:169.254.169.254"), InlineData("::169.254.169.254"), InlineData("64:ff9b::169.254.169.254"), InlineData("2002:a9fe:a9fe::1"), InlineData("2002:c0a8:101::")]
    public void Some_only_by_a_rule_of_addresses(string address) => Assert.Equal(AddressClass.Special, AddressClasses.Of(IPAddress.Parse(address), out _));

    [Theory]
    [InlineData("1.1.1.1"), InlineData("9.255.255.255"), InlineData("11.0.0.0"), InlineData("172.15.255.255"), InlineData("172.32.0.0"), InlineData("100.63.255.255"), InlineData("100.128.0.0")]
    [InlineData("126.255.255.255"), InlineData("128.0.0.0"), InlineData("198.17.255.255"), InlineData("198.20.0.0"), InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111"), InlineData("64:ff9b::8.8.8.8"), InlineData("2002:808:808::"), InlineData("::ffff:8.8.8.8"), InlineData("fe00::1")]
    public void The_rest_is_public(string address) => Assert.Equal(AddressClass.Public, AddressClasses.Of(IPAddress.Parse(address), out _));

    [Fact]
    public void What_is_mapped_is_dialled_as_what_it_is() => Assert.Equal(IPAddress.Parse("10.0.0.1"), AddressClasses.Unmapped(IPAddress.Parse("::ffff:10.0.0.1")));
}
