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

    [Theory]
    [InlineData("\"egress\"", "/network")]
    [InlineData("[]", "/network")]
    [InlineData("{}", "/network/egress")]
    [InlineData("{ \"egress\": [] }", "/network/egress")]
    [InlineData("{ \"egress\": \"all\" }", "/network/egress")]
    [InlineData("{ \"egress\": [\"any\", \"127.0.0.1\"] }", "/network/egress/1")]
    [InlineData("{ \"egress\": [\"*\", 5] }", "/network/egress/1")]
    [InlineData("{ \"join\": \"net\" }", "/network/join")]
    public void What_is_none_is_refused_at_its_place(string network, string pointer) =>
        Assert.Contains(Job.Problems($$"""{ "command": ["true"], "network": {{network}} }"""), problem => problem.Pointer == pointer);
}
