using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job reaches no network but its own.</summary>
public sealed class NetworkTests : KernelTest
{
    [KernelTheory]
    [InlineData("none")]
    [InlineData("loopback")]
    public async Task A_port_of_the_host_is_out_of_reach(string mode)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var result = await RunAsync(Probe.Job("reach_host", $"{port}") with { Network = Network.Parse(mode) });

        AssertDenied(result);
    }

    [KernelTheory]
    [InlineData("none")]
    [InlineData("loopback")]
    public async Task An_abstract_socket_of_the_host_is_out_of_reach(string mode)
    {
        var name = $"sandbox-test-{Guid.NewGuid():N}";
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint("\0" + name));
        listener.Listen();

        var result = await RunAsync(Probe.Job("reach_host", "@" + name) with { Network = Network.Parse(mode) });

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
        AssertPrinted("connected", await RunAsync(Probe.Job("use_loopback") with { Network = Network.Loopback }));
    }

    [KernelTheory(tool: "getent")]
    [InlineData("host")]
    [InlineData("directory")]
    [InlineData("directory with another")]
    public async Task Localhost_is_both_loopback_addresses(string root)
    {
        var job = Probe.Tool("sh", "-c", "getent ahosts localhost | grep STREAM | cut -d ' ' -f 1") with { Network = Network.Loopback };

        var result = await RunAsync(root == "host" ? job : job with
        {
            Rootfs = new DirectoryRootfs { Path = RootDirectory(root != "directory") },
            Mounts = [Probe.Mount, new BindMount { Source = "/usr", Target = "/usr" }],
        });

        AssertPrinted(root == "directory with another" ? "127.0.0.1" : "::1\n127.0.0.1", result);
    }

    // What a directory says itself stays: "multi off".
    private string RootDirectory(bool withHostConf)
    {
        var etc = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "root", "etc")).FullName;
        foreach (var name in (string[])["usr", "bin", "lib", "lib64"])
        {
            if (new DirectoryInfo("/" + name).LinkTarget is { } text)
            {
                File.CreateSymbolicLink(Path.Combine(Directory, "root", name), text);
            }
            else
            {
                System.IO.Directory.CreateDirectory(Path.Combine(Directory, "root", name));
            }
        }

        if (withHostConf)
        {
            File.WriteAllText(Path.Combine(etc, "host.conf"), "multi off\n");
        }

        return Path.Combine(Directory, "root");
    }

    [KernelFact]
    public async Task With_the_hosts_network_a_port_of_the_host_is_reached()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var result = await RunAsync(Probe.Job("reach_host", $"{port}") with { Network = Network.Host });

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
