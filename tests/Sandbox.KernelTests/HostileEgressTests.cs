using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a job with a way out tries to reach beside it, and to take of the host with it.</summary>
public sealed class HostileEgressTests : EgressTest
{
    private const string Address = "93.184.216.34";

    // What no rule names by its address is not reached under "any" either, however it is written; a server on the loopback and on all addresses would hear it.
    [KernelTheory(Needs.Redirect)]
    [InlineData("169.254.169.254"), InlineData("10.0.0.1"), InlineData("192.168.0.1"), InlineData("172.16.0.1"), InlineData("100.64.0.1"), InlineData("224.0.0.1")]
    [InlineData("255.255.255.255"), InlineData("0.0.0.1"), InlineData("198.18.0.1"), InlineData("198.18.99.99")]
    [InlineData("::ffff:169.254.169.254"), InlineData("::ffff:127.0.0.1"), InlineData("::ffff:0.0.0.0"), InlineData("::ffff:10.0.0.1"), InlineData("64:ff9b::169.254.169.254")]
    [InlineData("64:ff9b::127.0.0.1"), InlineData("64:ff9b:1:ffff::c612:1"), InlineData("2002:7f00:1::1"), InlineData("fd00:ec2::254"), InlineData("fe80::1"), InlineData("ff02::1"), InlineData("::127.0.0.1")]
    [InlineData("127.0.0.1"), InlineData("127.1.2.3"), InlineData("0.0.0.0"), InlineData("::"), InlineData("::1"), InlineData("localhost"), InlineData("a.localhost"), InlineData("LOCALHOST.")]
    [InlineData("2130706433"), InlineData("0x7f000001"), InlineData("0177.0.0.1"), InlineData("127.1"), InlineData("host.sandbox.internal"), InlineData("HOST.sandbox.internal.")]
    public async Task What_is_not_public_is_not_reached(string place)
    {
        using var server = TestServer.Echo();

        var result = await ReachAsync(["any"], "tcp", place, $"{server.Port}", "hello");

        AssertDenied(result);
        Assert.Equal(0, server.Accepted);
        Assert.DoesNotContain(result.Connections, static connection => connection.Allowed);
    }

    [KernelTheory(Needs.Redirect)]
    [InlineData("127.0.0.1"), InlineData("::1"), InlineData("169.254.169.254"), InlineData("10.0.0.1"), InlineData("0.0.0.0"), InlineData("::ffff:127.0.0.1"), InlineData("64:ff9b::7f00:1")]
    public async Task A_name_that_leads_inside_is_not_followed(string address)
    {
        using var server = TestServer.Echo();
        Internet.Name("rebinding.example", address);

        foreach (var allowed in (string[])["any", "*.example", $"rebinding.example:{server.Port}"])
        {
            var result = await ReachAsync([allowed.Replace("*.example", "rebinding.example", StringComparison.Ordinal)], "tcp", "rebinding.example", $"{server.Port}", "hello");

            AssertPrinted("denied ECONNRESET", result);
            var refused = Assert.Single(result.Connections);
            Assert.False(refused.Allowed);
            Assert.StartsWith("resolved to ", refused.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(0, server.Accepted);
    }

    [KernelFact(Needs.Redirect)]
    public async Task An_address_of_the_host_itself_is_not_one_of_the_internet()
    {
        var own = NetworkInterface.GetAllNetworkInterfaces().SelectMany(static device => device.GetIPProperties().UnicastAddresses).Select(static address => address.Address)
            .FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
        using var server = new TcpListener(IPAddress.Any, 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;

        foreach (var allowed in (string[])["any", "0.0.0.0/0:1"])
        {
            AssertDenied(await ReachAsync([allowed], "tcp", own?.ToString() ?? "10.0.0.1", $"{port}", "hello"));
        }

        Assert.False(server.Pending());
    }

    [KernelFact(Needs.Redirect)]
    public async Task Nothing_but_TCP_and_questions_about_names_leaves()
    {
        Internet.Name("quic.example", Address);

        AssertPrinted("denied EPERM", await ReachAsync(["any"], "udp", "quic.example", "443"));
        AssertPrinted("denied EPERM", await ReachAsync(["any"], "udp", "8.8.8.8", "443"));
        AssertPrinted("denied EPERM", await ReachAsync(["any"], "udp", "2606:4700::1", "443"));
        AssertPrinted("denied EPERM", await RunAsync(Reach(["any"], "ping", "8.8.8.8")));
        AssertPrinted("denied EPERM", await ReachAsync(["any"], "impostor", "4433"));
    }

    [KernelTheory(Needs.Redirect)]
    [InlineData("default"), InlineData("judge"), InlineData("build")]
    public async Task There_are_no_raw_sockets_and_no_way_to_the_rules(string policy)
    {
        var named = new NamedPolicy { Name = policy };

        AssertDenied(await RunAsync(Reach(["any"], "raw") with { Seccomp = named }));
        AssertDenied(await RunAsync(Reach(["any"], "netfilter") with { Seccomp = named }));
        AssertDenied(await RunAsync(Reach(["any"], "raw") with { Seccomp = named, User = new() { Uid = 0, Gid = 0 } }));
        AssertDenied(await RunAsync(Reach(["any"], "netfilter") with { Seccomp = named, User = new() { Uid = 0, Gid = 0 } }));
    }

    // Every other port below 1024 is the job's, too.
    [KernelFact(Needs.Redirect)]
    public async Task No_program_of_the_job_takes_the_port_of_the_relay() =>
        AssertPrinted("denied EADDRINUSE", await RunAsync(Probe.Job("take_port", "53") with { Network = Network.Egress("any") }));

    // Who comes to the port itself was led there by no rule, and is only ever answered about names.
    [KernelTheory(Needs.Redirect)]
    [InlineData("127.0.0.1", "GET / HTTP/1.1\\r\\nHost: registry.example.org\\r\\n\\r\\n")]
    [InlineData("127.0.0.1", "CONNECT registry.example.org:53 HTTP/1.1\\r\\n\\r\\n")]
    [InlineData("::1", "hello")]
    [InlineData("8.8.8.8", "\\r\\n")]
    public async Task The_port_of_the_relay_relays_nothing_by_itself(string address, string text)
    {
        using var server = TestServer.Echo();
        Internet.Name("registry.example.org", Address);
        Internet.Server(Address, 53, server);
        Internet.Server("8.8.8.8", 53, server);

        var result = await ReachAsync(["any"], "tcp", address, "53", text);

        AssertDenied(result);
        Assert.Equal(0, server.Accepted);
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_job_that_opens_thousands_takes_few_descriptors_of_the_host()
    {
        using var server = new TestServer(static (_, connection) => TestServer.ReadAllAsync(connection));
        Internet.Name("a.example.org", Address);
        Internet.Server(Address, 80, server);
        var before = Descriptors();
        var job = Probe.Tool("sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do /probes/reach_out many a.example.org 80 1000 & done; wait") with { Network = Network.Egress("a.example.org") };
        var running = RunAsync(job with { Limits = job.Limits with { OpenFiles = 1024, Connections = 20 } });
        var most = 0;
        while (!running.IsCompleted)
        {
            most = Math.Max(most, Descriptors());
            await Task.Delay(20, Cancellation);
        }

        // The server is in this process, too: three for each connection. The job itself, its launcher and the ports are the rest.
        AssertVerdict(Verdict.Ok, await running);
        Assert.InRange(most - before, 20, (3 * 22) + 60);
        Assert.InRange(server.Accepted, 20, 10_000);
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_job_that_does_not_read_holds_the_server_back()
    {
        var sent = 0L;
        using var server = new TestServer(async (_, connection) =>
        {
            var part = new byte[64 << 10];
            while (true)
            {
                Interlocked.Add(ref sent, await connection.SendAsync(part));
            }
        });
        Internet.Name("a.example.org", Address);
        Internet.Server(Address, 80, server);

        var result = await ReachAsync(["a.example.org"], "slow", "a.example.org", "80", "2");

        // What the buffers of four sockets hold, however large the kernel lets them grow.
        AssertPrinted("connected", result);
        Assert.InRange(sent, 1, 64 << 20);
        Assert.InRange(Assert.Single(result.Connections).BytesIn, 1, 32 << 20);
    }

    [KernelFact(Needs.Redirect)]
    public async Task The_end_of_the_job_ends_its_connections()
    {
        using var server = new TestServer(static (_, connection) => TestServer.ReadAllAsync(connection));
        Internet.Name("a.example.org", Address);
        Internet.Server(Address, 80, server);

        var result = await ReachAsync(["a.example.org"], "many", "a.example.org", "80", "5");

        AssertPrinted("made 5", result);
        Assert.Equal(5, Assert.Single(result.Connections).Count);
        Assert.True(SpinWait.SpinUntil(() => server.Open == 0, TimeSpan.FromSeconds(5)), $"{server.Open} connections are left");
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_relay_that_fails_is_an_internal_error_and_ends_the_job()
    {
        Internet.OnResolve = static name => throw new InvalidOperationException("a fault of the test");

        var result = await RunAsync(Probe.Tool("sh", "-c", "/probes/reach_out tcp a.example.org 80; sleep 15") with { Network = Network.Egress("a.example.org") });

        AssertVerdict(Verdict.InternalError, result);
        Assert.Equal(("relay network", true), (result.Error!.Step, result.Error.Message.Contains("a fault of the test", StringComparison.Ordinal)));
        Assert.True(result.Time.Wall < TimeSpan.FromSeconds(10) * Requirements.Slowness, Describe(result));
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_flood_of_questions_ends_nothing()
    {
        var result = await RunAsync(Probe.Job("flood_lookups", "500") with { Network = Network.Egress("a.example.org") });

        AssertVerdict(Verdict.Ok, result);
        Assert.InRange(result.Connections.Count, 0, 256);
    }

    [KernelFact]
    public async Task A_kernel_that_cannot_redirect_has_programs_ask_a_proxy()
    {
        var result = await RunAsync(Probe.Job("exit_with", "0") with { Network = Network.Egress("any") });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(Requirements.HasRedirect ? EgressWay.Redirect : EgressWay.Proxy, result.Isolation!.Egress);
    }

    private static int Descriptors() => System.IO.Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
}
