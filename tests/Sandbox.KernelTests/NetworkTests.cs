using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job reaches no network but its own.</summary>
public sealed class NetworkTests : KernelTest
{
    [KernelTheory]
    [InlineData(NetworkMode.None)]
    [InlineData(NetworkMode.Loopback)]
    public async Task A_port_of_the_host_is_out_of_reach(NetworkMode mode)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var result = await RunAsync(Probe.Job("reach_host", $"{port}") with { Network = mode });

        AssertDenied(result);
    }

    [KernelTheory]
    [InlineData(NetworkMode.None)]
    [InlineData(NetworkMode.Loopback)]
    public async Task An_abstract_socket_of_the_host_is_out_of_reach(NetworkMode mode)
    {
        var name = $"sandbox-test-{Guid.NewGuid():N}";
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint("\0" + name));
        listener.Listen();

        var result = await RunAsync(Probe.Job("reach_host", "@" + name) with { Network = mode });

        AssertDenied(result);
    }

    [KernelFact]
    public async Task Without_a_network_nothing_is_up()
    {
        AssertDenied(await RunAsync(Probe.Job("use_loopback")));
    }

    [KernelFact]
    public async Task With_loopback_the_job_can_talk_to_itself()
    {
        AssertPrinted("connected", await RunAsync(Probe.Job("use_loopback") with { Network = NetworkMode.Loopback }));
    }

    [KernelFact]
    public async Task With_the_hosts_network_a_port_of_the_host_is_reached()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var result = await RunAsync(Probe.Job("reach_host", $"{port}") with { Network = NetworkMode.Host });

        AssertVerdict(Verdict.Ok, result);
        Assert.StartsWith("escaped", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_network_namespace_is_not_the_hosts()
    {
        var result = await RunAsync(Probe.Job("own_namespace_ids", "net"));

        AssertVerdict(Verdict.Ok, result);
        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, Out(result).TrimEnd());
    }
}
