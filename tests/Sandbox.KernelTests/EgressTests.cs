using System.Globalization;
using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job reaches what its list allows, over either protocol, without knowing of a proxy; and its result tells what that was.</summary>
public sealed class EgressTests : EgressTest
{
    private const string Address = "93.184.216.34";

    [KernelFact(Needs.Redirect)]
    public async Task A_name_of_the_list_is_reached_and_told()
    {
        using var server = TestServer.Echo();
        Internet.Name("registry.example.org", Address);
        Internet.Server(Address, 443, server);

        var result = await ReachAsync(["registry.example.org:443"], "tcp", "registry.example.org", "443", "hello");

        AssertPrinted("got echo hello", result);
        Assert.Equal([new() { Name = "registry.example.org", Address = Address, Port = 443, BytesIn = 10, BytesOut = 5, Rule = "registry.example.org:443" }], result.Connections);
        Assert.Equal(1, Internet.Resolved);
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_name_is_reached_over_IPv6_where_only_IPv4_leads_to_it()
    {
        using var server = TestServer.Echo();
        Internet.Name("a.example.org", Address);
        Internet.Server(Address, 80, server);

        // The first name of a job has the first address that stands for names.
        var result = await RunAsync(Probe.Tool("sh", "-c", "/probes/reach_out tcp a.example.org 80 one; /probes/reach_out tcp 64:ff9b:1:ffff::c612:1 80 two") with { Network = Network.Egress("*.example.org") });

        AssertPrinted("got echo one\ngot echo two", result);
        Assert.Equal(2, Assert.Single(result.Connections).Count);
    }

    [KernelFact(Needs.Redirect)]
    public async Task What_is_not_in_the_list_is_not_found_and_told()
    {
        Internet.Name("evil.example", Address);

        var result = await ReachAsync(["registry.example.org:443"], "tcp", "evil.example", "443");

        AssertPrinted("denied EAI_NONAME", result);
        Assert.Equal(0, Internet.Resolved);
        var refused = Assert.Single(result.Connections);
        Assert.Equal(("evil.example", null, null, false, "no rule for this name"), (refused.Name, refused.Address, refused.Port, refused.Allowed, refused.Reason));
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_port_that_is_not_in_the_list_is_refused_and_told()
    {
        Internet.Name("registry.example.org", Address);

        var result = await ReachAsync(["registry.example.org:443"], "tcp", "registry.example.org", "80", "hello");

        AssertPrinted("denied ECONNRESET", result);
        var refused = Assert.Single(result.Connections);
        Assert.Equal(("registry.example.org", 80, false, "no rule for this port"), (refused.Name, refused.Port, refused.Allowed, refused.Reason));
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_port_of_the_hosts_loopback_is_reached_by_its_name()
    {
        using var server = TestServer.Echo();

        AssertPrinted("got echo hello", await ReachAsync([$"host.sandbox.internal:{server.Port}"], "tcp", "host.sandbox.internal", $"{server.Port}", "hello"));
        AssertPrinted("denied EAI_NONAME", await ReachAsync(["any"], "tcp", "host.sandbox.internal", $"{server.Port}", "hello"));
        Assert.Equal(1, server.Accepted);
    }

    [KernelFact(Needs.Redirect)]
    public async Task An_address_is_reached_by_a_rule_of_addresses()
    {
        using var server = TestServer.Echo();
        Internet.Server("10.20.30.40", 5432, server);

        AssertPrinted("got echo hello", await ReachAsync(["10.0.0.0/8:5432"], "tcp", "10.20.30.40", "5432", "hello"));
        AssertPrinted("got echo hello", await ReachAsync(["10.0.0.0/8:5432"], "tcp", "::ffff:10.20.30.40", "5432", "hello"));
        AssertPrinted("denied ECONNRESET", await ReachAsync(["10.0.0.0/8:5432"], "tcp", "10.20.30.40", "5433", "hello"));
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_server_that_speaks_first_is_heard_at_once()
    {
        using var server = TestServer.Banner("220 ready");
        Internet.Name("mail.example.org", Address);
        Internet.Server(Address, 25, server);

        // The probe says nothing, and the server nothing more before it does.
        var result = await ReachAsync(["mail.example.org:25"], "tcp", "mail.example.org", "25");

        AssertPrinted("got 220 ready", result);
    }

    [KernelTheory(Needs.Redirect)]
    [InlineData("GET / HTTP/1.1\\r\\nHost: registry.example.org\\r\\n\\r\\n", true)]
    [InlineData("GET / HTTP/1.1\\r\\nHost: other.example.org\\r\\n\\r\\n", false)]
    [InlineData("GET / HTTP/1.1\\r\\nHost: evil.example\\r\\n\\r\\n", false)]
    [InlineData("GET http://evil.example/ HTTP/1.1\\r\\nHost: registry.example.org\\r\\n\\r\\n", false)]
    public async Task A_request_to_a_server_of_the_list_is_for_a_name_of_the_list(string request, bool isReached)
    {
        using var server = TestServer.Echo();
        Internet.Name("registry.example.org", Address);
        Internet.Server(Address, 80, server);

        var result = await ReachAsync(["registry.example.org:80", "other.example.org:80"], "tcp", "registry.example.org", "80", request);

        AssertVerdict(Verdict.Ok, result);
        Assert.StartsWith(isReached ? "got echo GET" : "denied ECONNRESET", Out(result), StringComparison.Ordinal);
        Assert.Equal(isReached, Assert.Single(result.Connections).Allowed);
        Assert.Equal(isReached ? 1 : 0, server.Received.Count(static text => text.Length > 0));
    }

    [KernelTheory(Needs.Redirect)]
    [InlineData("registry.example.org", true)]
    [InlineData("evil.example", false)]
    public async Task TLS_to_a_server_of_the_list_is_for_a_name_of_the_list(string name, bool isReached)
    {
        using var server = new TestServer(static async (server, connection) =>
        {
            var buffer = new byte[4096];
            server.Received.Enqueue(Encoding.Latin1.GetString(buffer, 0, await connection.ReceiveAsync(buffer)));
            await connection.SendAsync("hello yourself"u8.ToArray());
        });
        Internet.Name("registry.example.org", Address);
        Internet.Server(Address, 443, server);

        var result = await ReachAsync(["registry.example.org:443"], "hello", "registry.example.org", "443", name);

        AssertVerdict(Verdict.Ok, result);
        Assert.StartsWith(isReached ? "got hello yourself" : "denied ECONNRESET", Out(result), StringComparison.Ordinal);
        Assert.Equal(isReached, server.Received.Any(static text => text.Length > 0));
        Assert.Equal(isReached ? null : "asked the server for evil.example", Assert.Single(result.Connections).Reason);
    }

    [KernelFact(Needs.Redirect)]
    public async Task The_jobs_own_loopback_stays_its_own()
    {
        AssertPrinted("connected", await RunAsync(Probe.Job("use_loopback") with { Network = Network.Egress("any") }));
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_server_that_does_not_answer_is_told_with_its_error()
    {
        using var closed = TestServer.Echo();
        Internet.Name("registry.example.org", Address);
        Internet.Server(Address, 443, closed);
        closed.Dispose();

        var result = await ReachAsync(["registry.example.org:443"], "tcp", "registry.example.org", "443", "hello");

        AssertPrinted("denied ECONNRESET", result);
        var row = Assert.Single(result.Connections);
        Assert.Equal((true, "ECONNREFUSED"), (row.Allowed, row.Reason));
    }

    [KernelFact(Needs.Redirect)]
    public async Task Beyond_its_traffic_nothing_goes_any_more()
    {
        using var server = new TestServer(static (_, connection) => SendAsync(connection, 4 << 20));
        Internet.Name("big.example.org", Address);
        Internet.Server(Address, 80, server);
        var job = Reach(["*.example.org"], "tcp", "big.example.org", "80");

        var result = await RunAsync(job with { Limits = job.Limits with { TrafficBytes = 1 << 20 } });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(["traffic"], result.LimitsHit);
        Assert.InRange(Assert.Single(result.Connections).BytesIn, 1, 1 << 20);
        Assert.InRange(Out(result).Length, 1, (1 << 20) + 20);
        Assert.Equal(Mechanism.Pipe, result.Enforcement["traffic"].By);
    }

    [KernelFact(Needs.Redirect)]
    public async Task More_connections_than_it_may_have_wait()
    {
        var most = 0;
        using var server = new TestServer(async (server, connection) =>
        {
            most = Math.Max(most, server.Open);
            await connection.SendAsync("hello"u8.ToArray());
            await Task.Delay(50);
        });
        Internet.Name("a.example.org", Address);
        Internet.Server(Address, 80, server);
        var job = Probe.Tool("sh", "-c", "for i in 1 2 3 4 5 6; do /probes/reach_out hold a.example.org 80 & done; wait") with { Network = Network.Egress("*.example.org") };

        var result = await RunAsync(job with { Limits = job.Limits with { Connections = 2 } });

        AssertPrinted(string.Join('\n', Enumerable.Repeat("got hello", 6)), result);
        Assert.InRange(most, 1, 2);
    }

    [KernelFact(Needs.Redirect)]
    public async Task What_is_refused_is_a_note_on_a_job_that_fails()
    {
        var job = Probe.Tool("sh", "-c", "/probes/reach_out tcp registry.example.net 443; exit 1") with { Network = Network.Egress("registry.example.org:443") };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.ExitCode, result);
        Assert.Equal(["the job was refused what its \"egress\" (sandbox run --allow) does not list: registry.example.net"], result.Notes);
    }

    [KernelFact(Needs.Redirect)]
    public async Task What_is_refused_for_where_its_name_leads_to_is_noted_with_that()
    {
        Internet.Name("inside.example.org", "10.0.0.7");
        var job = Probe.Tool("sh", "-c", "/probes/reach_out tcp inside.example.org 443; exit 1") with { Network = Network.Egress("inside.example.org:443") };

        var result = await RunAsync(job);

        Assert.Equal(["the job was refused what its \"egress\" (sandbox run --allow) does not list: inside.example.org:443 (resolved to 10.0.0.7, which is private and has no rule)"], result.Notes);
    }

    [KernelFact(Needs.Redirect)]
    public async Task The_command_reaches_what_is_allowed()
    {
        using var server = TestServer.Echo();
        var port = server.Port.ToString(CultureInfo.InvariantCulture);

        var run = await CommandRun.SandboxAsync("", Cancellation, "run", "-v", $"{Probe.Directory}:/probes", "--allow", $"host.sandbox.internal:{port}", "--", "/probes/reach_out", "tcp", "host.sandbox.internal", port, "hello");

        Assert.True(run is { ExitStatus: 0, Stdout: "got echo hello\n" }, run.ToString());
    }

    private static async Task SendAsync(System.Net.Sockets.Socket connection, int bytes)
    {
        var part = Encoding.ASCII.GetBytes(new string('x', 4096));
        for (var sent = 0; sent < bytes; sent += part.Length)
        {
            await connection.SendAsync(part);
        }
    }
}
