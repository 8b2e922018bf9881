using System.Net;
using Sandbox.Server.Listening;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class FrontPlaceTests
{
    private static readonly FrontPlace s_place = FrontPlace.Parse("go-judge=0.0.0.0:5050,allow=10.0.0.0/8,allow=fd00::/8,host=judge,host=10.1.2.3,host=[fd00::1]", ["go-judge"]);

    [Theory]
    [InlineData("10.255.0.1", true)]
    [InlineData("fd00::5", true)]
    [InlineData("11.0.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("fe80::1", false)]
    public void Only_the_networks_that_are_named_are_let_in(string address, bool isLetIn) => Assert.Equal(isLetIn, s_place.LetsIn(IPAddress.Parse(address)));

    [Theory]
    [InlineData("judge", true)]
    [InlineData("JUDGE:80", true)]
    [InlineData("10.1.2.3:5050", true)]
    [InlineData("[fd00::1]:5050", true)]
    [InlineData("judge.example.org:5050", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_the_names_that_are_given_are_its_own_with_whatever_port(string? host, bool isCalled) => Assert.Equal(isCalled, s_place.IsCalled(host));
}
