using System.Net;
using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>An address stands for one name, and a job cannot make the table grow without end.</summary>
public sealed class NameTableTests
{
    private readonly NameTable _names = new();

    [Fact]
    public void An_address_is_of_the_name_it_was_given_for()
    {
        var first = _names.AddressesOf("a.example")!.Value;
        var second = _names.AddressesOf("b.example")!.Value;

        Assert.Equal(first, _names.AddressesOf("a.example"));
        Assert.Equal("a.example", NameOf(first.V4));
        Assert.Equal("a.example", NameOf(first.V6));
        Assert.Equal("b.example", NameOf(second.V4));
        Assert.Equal("b.example", NameOf(second.V6));
    }

    [Theory]
    [InlineData("198.18.0.0", true)]
    [InlineData("198.18.0.2", true)]
    [InlineData("198.19.255.255", true)]
    [InlineData("64:ff9b:1:ffff::c612:2", true)]
    [InlineData("198.17.255.255", false)]
    [InlineData("198.20.0.0", false)]
    [InlineData("64:ff9b:1:fffe::c612:1", false)]
    [InlineData("64:ff9b:1:ffff::a00:1", false)]
    public void An_address_that_stands_for_none_has_no_name(string address, bool isOfName)
    {
        _ = _names.AddressesOf("a.example");

        Assert.Equal(isOfName, _names.IsOfName(IPAddress.Parse(address), out var name));
        Assert.Null(name);
    }

    [Fact]
    public void There_is_a_most()
    {
        for (var number = 0; number < NameTable.Most; number++)
        {
            Assert.NotNull(_names.AddressesOf($"n{number}.example"));
        }

        Assert.Null(_names.AddressesOf("more.example"));
        Assert.NotNull(_names.AddressesOf("n0.example"));
        Assert.Equal($"n{NameTable.Most - 1}.example", NameOf(_names.AddressesOf($"n{NameTable.Most - 1}.example")!.Value.V4));
    }

    private string? NameOf(IPAddress address)
    {
        Assert.True(_names.IsOfName(address, out var name));
        return name;
    }
}
