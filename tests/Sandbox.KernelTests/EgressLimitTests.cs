using Xunit;

namespace Sandbox.KernelTests;

/// <summary>How many connections a job makes in all, and how fast bytes go over them.</summary>
public sealed class EgressLimitTests : EgressTest
{
    private const string Address = "93.184.216.34";

    [KernelFact(Needs.Redirect)]
    public async Task Beyond_its_connections_in_all_a_job_makes_no_more()
    {
        using var server = TestServer.Echo();
        Internet.Name("a.example.org", Address);
        Internet.Server(Address, 80, server);
        var job = Probe.Tool("sh", "-c", "/probes/reach_out tcp a.example.org 81; for i in 1 2 3 4; do /probes/reach_out tcp a.example.org 80 $i; done; exit 1") with { Network = Network.Egress("a.example.org:80") };

        var result = await RunAsync(job with { Limits = job.Limits with { ConnectionsTotal = 2 } });

        Assert.Equal("denied ECONNRESET\ngot echo 1\ngot echo 2\ndenied ECONNRESET\ndenied ECONNRESET\n", Out(result));
        Assert.Equal(2, server.Accepted);
        Assert.Equal(["connectionsTotal"], result.LimitsHit);
        Assert.Equal((2, true), (result.Connections[^1].Count, result.Connections[^1].Allowed));
        Assert.Equal("the limit of connections in all was reached", result.Connections[^1].Reason);
        Assert.Equal(Mechanism.Pipe, result.Enforcement["connectionsTotal"].By);
        // what the list allows is not among what it does not list
        Assert.Equal(["the job was refused what its \"egress\" (sandbox run --allow) does not list: a.example.org:81"], result.Notes);
    }

    [KernelTheory(Needs.Redirect)]
    [InlineData(1), InlineData(4)]
    public async Task Bytes_go_no_faster_than_the_rate(int connections)
    {
        const int bytes = 400_000;
        const int rate = 200_000;
        using var server = new TestServer(async (_, connection) => await connection.SendAsync(new byte[bytes / connections]));
        Internet.Name("a.example.org", Address);
        Internet.Server(Address, 80, server);
        var job = Probe.Tool("sh", "-c", $"for i in $(seq {connections}); do /probes/reach_out hold a.example.org 80 & done | wc -c; wait") with { Network = Network.Egress("a.example.org") };

        var result = await RunAsync(job with { Limits = job.Limits with { TrafficRateBytes = rate } });

        // "got " and the end of the line of each
        AssertPrinted($"{bytes + (5 * connections)}", result);
        Assert.Empty(result.LimitsHit);
        Assert.True(result.Time.Wall >= TimeSpan.FromSeconds((double)(bytes - (rate / 5)) / rate), Describe(result));
        Assert.Equal((rate, Mechanism.Pipe), (result.Enforcement["trafficRate"].Effective, result.Enforcement["trafficRate"].By));
    }
}
