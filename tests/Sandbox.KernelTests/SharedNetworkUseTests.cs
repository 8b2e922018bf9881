using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a job does in a network that it shares as it would in one of its own: ports of the host lead to it, it asks for its devices, and packets have the size that was wanted.</summary>
public sealed class SharedNetworkUseTests : SharedNetworkTest
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    // By way of its own loopback, whatever the other jobs do, and so where it is isolated, too.
    [KernelTheory(Needs.NativeKernel)]
    [InlineData("any", false), InlineData("v4", false), InlineData("v6", true)]
    public async Task A_port_of_the_host_leads_to_a_job_of_a_network(string where, bool isolated)
    {
        await using var job = await Runner.StartAsync(
            Probe.Job("serve_port", where, "80", "echo", "2") with { Network = new JoinedNetwork { NetworkName = Net, Name = "web", Isolated = isolated }, Ports = [PortMapping.Parse("80")], Stdout = OutputStream.Live },
            Cancellation);
        var port = (await job.Events.FirstAsync(static happened => happened.Kind == JobEventKind.Started, Cancellation)).Ports.Single().HostPort;
        using var said = new StreamReader(job.Stdout);
        Assert.Equal("listening", await said.ReadLineAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation));

        Assert.Equal("echo one", await AskAsync(port, "one"));
        Assert.Equal("echo two", await AskAsync(port, "two"));

        var result = await job.WaitAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        AssertVerdict(Verdict.Ok, result);
        Assert.Equal([new() { Address = "127.0.0.1", HostPort = port, JobPort = 80, Connections = 2, BytesIn = 6, BytesOut = 16 }], result.Ports);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task The_port_of_the_name_server_of_a_network_is_not_to_be_published() =>
        Assert.Equal("/ports/0", Assert.Single((await Assert.ThrowsAsync<InvalidJobException>(() => RunAsync(Member("web", "scan", "10.89.0.0") with { Ports = [PortMapping.Parse("53")] }))).Problems).Pointer);

    [KernelTheory(Needs.NativeKernel)]
    [InlineData(null, 1500), InlineData(576, 576), InlineData(1280, 1280), InlineData(65535, 65535)]
    public async Task Packets_are_as_large_as_the_network_was_made_for(int? wanted, int mtu)
    {
        SharedNetworks.Create("sized", mtu: wanted);
        var job = Probe.Tool("/probes/join", "mtu") with { Network = Network.Join("sized", "db") };

        AssertPrinted($"eth0 {mtu}", await RunAsync(job));
        var server = RunAsync(At("10.89.0.2", job with { Command = ["/probes/join", "answer", "80", "1"] }));
        AssertPrinted("met as 10.89.0.9", await RunAsync(At("10.89.0.9", job with { Command = ["/probes/join", "visit", "db", "80"], Network = Network.Join("sized") })));
        AssertPrinted("answered", await server);
        Assert.Equal(mtu, SharedNetworks.Find("sized")!.Mtu);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_size_that_no_packet_can_have_makes_no_network()
    {
        Assert.Throws<FormatException>(static () => SharedNetworks.Create("sized", mtu: 575));
        Assert.Throws<FormatException>(static () => SharedNetworks.Create("sized", mtu: 65536));

        var made = await Shell("""
            for mtu in 575 65536 -1 1500x ''; do "$SANDBOX" network create --mtu="$mtu" sized 2>&1; echo "status $?"; done
            "$SANDBOX" network inspect sized | grep mtu
            """);

        Assert.Equal(
            """
            sandbox: the MTU must be from 576 to 65535 bytes
            status 2
            sandbox: the MTU must be from 576 to 65535 bytes
            status 2
            sandbox: --mtu -1: must be a number of bytes
            status 2
            sandbox: --mtu 1500x: must be a number of bytes
            status 2
            status 0
              "mtu": 1500,

            """,
            made.Stdout);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task The_devices_of_a_job_of_a_network_are_told_to_it()
    {
        var result = await RunAsync(Probe.Job("ask_network", "addresses") with { Network = Network.Join(Net) });

        AssertPrinted("interfaces: lo eth0", result);
    }

    private static async Task<string> AskAsync(int port, string text)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Cancellation);
        await client.SendAsync(Encoding.UTF8.GetBytes(text));
        client.Shutdown(SocketShutdown.Send);
        return await TestServer.ReadAllAsync(client).WaitAsync(s_patience, Cancellation);
    }
}
