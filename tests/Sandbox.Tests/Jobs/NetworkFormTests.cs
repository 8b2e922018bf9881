using Xunit;

namespace Sandbox.Tests.Jobs;

/// <summary>The member <c>network</c> of a job.</summary>
public sealed class NetworkFormTests
{
    [Theory]
    [InlineData("{ \"egress\": \"any\" }", "any")]
    [InlineData("{ \"egress\": [\"any\"] }", "any")]
    [InlineData("{ \"egress\": [\"registry.example.org:443\", \"10.0.0.0/8\"] }", "registry.example.org:443,10.0.0.0/8")]
    public void A_list_is_read(string network, string rules) => Assert.Equal(Network.Egress(rules.Split(',')), Job.With($"\"network\": {network}").Network);

    [Fact]
    public void A_network_that_is_joined_is_read()
    {
        Assert.Equal(Network.Join("net"), Job.With("\"network\": { \"join\": \"net\", \"address\": \"auto\" }").Network);
        Assert.Equal(
            new JoinedNetwork { NetworkName = "net", Name = "db", Address = "10.89.0.7", Isolated = true, Allow = ["example.org:443"] },
            Job.With("\"network\": { \"egress\": [\"example.org:443\"], \"join\": \"net\", \"name\": \"db\", \"address\": \"10.89.0.7\", \"isolated\": true }").Network);
    }

    [Theory]
    [InlineData("\"egress\"", "/network")]
    [InlineData("[]", "/network")]
    [InlineData("{}", "/network/egress")]
    [InlineData("{ \"egress\": [] }", "/network/egress")]
    [InlineData("{ \"egress\": \"all\" }", "/network/egress")]
    [InlineData("{ \"egress\": [\"any\", \"127.0.0.1\"] }", "/network/egress/1")]
    [InlineData("{ \"egress\": [\"*\", 5] }", "/network/egress/1")]
    [InlineData("{ \"join\": 5 }", "/network/join")]
    [InlineData("{ \"join\": \"host\" }", "/network/join")]
    [InlineData("{ \"join\": \"../net\" }", "/network/join")]
    [InlineData("{ \"name\": \"db\" }", "/network/join")]
    [InlineData("{ \"join\": \"net\", \"name\": \"a.b\" }", "/network/name")]
    [InlineData("{ \"join\": \"net\", \"name\": \"localhost\" }", "/network/name")]
    [InlineData("{ \"join\": \"net\", \"address\": \"10.1\" }", "/network/address")]
    [InlineData("{ \"join\": \"net\", \"address\": \"fd00::1\" }", "/network/address")]
    [InlineData("{ \"join\": \"net\", \"egress\": [\"127.0.0.1\"] }", "/network/egress/0")]
    [InlineData("{ \"container\": \"\" }", "/network/container")]
    [InlineData("{ \"container\": \"id\", \"join\": \"net\" }", "/network")]
    public void What_is_none_is_refused_at_its_place(string network, string pointer) =>
        Assert.Contains(Job.Problems($$"""{ "command": ["true"], "network": {{network}} }"""), problem => problem.Pointer == pointer);
}
