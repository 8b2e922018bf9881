using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>On a kernel that leads no connections anywhere, programs that know of proxies reach what the list allows, and nothing reaches anything else.</summary>
public sealed class ProxyTests : EgressTest
{
    private const string Address = "93.184.216.34";
    private const string Connected = "got HTTP/1.1 200 Connection established\r\n\r\n";

    public ProxyTests()
        : base(withoutRedirects: true)
    {
    }

    [KernelTheory]
    [InlineData("CONNECT registry.example.org:443 HTTP/1.1\\r\\nHost: evil.example\\r\\n\\r\\nhello", Connected + "echo hello")]
    [InlineData("CONNECT REGISTRY.example.org.:443 HTTP/1.1\\r\\n\\r\\nhello", Connected + "echo hello")]
    [InlineData("GET http://registry.example.org:443/x HTTP/1.1\\r\\nHost: evil.example\\r\\nProxy-Connection: keep-alive\\r\\n\\r\\n", "got echo GET /x HTTP/1.1\r\nHost: registry.example.org:443\r\nConnection: close\r\n\r")]
    public async Task A_name_of_the_list_is_reached_and_told(string request, string said)
    {
        using var server = TestServer.Echo();
        Internet.Name("registry.example.org", Address);
        Internet.Server(Address, 443, server);

        var result = await AskAsync(["registry.example.org:443"], request);

        AssertPrinted(said, result);
        var row = Assert.Single(result.Connections);
        Assert.Equal(("registry.example.org", Address, 443, "registry.example.org:443", null), (row.Name, row.Address, row.Port, row.Rule, row.Reason));
        Assert.Equal(EgressWay.Proxy, result.Isolation!.Egress);
    }

    [KernelTheory]
    [InlineData("CONNECT evil.example:443", "403 Forbidden", "no rule for this name")]
    [InlineData("CONNECT registry.example.org:80", "403 Forbidden", "no rule for this port")]
    [InlineData("CONNECT 93.184.216.34:443", "403 Forbidden", "no rule for this address")]
    [InlineData("CONNECT 127.0.0.1:443", "403 Forbidden", "never reached: the loopback")]
    [InlineData("CONNECT [::ffff:127.0.0.1]:443", "403 Forbidden", "never reached: the loopback")]
    [InlineData("CONNECT localhost:443", "403 Forbidden", "names the job's own loopback")]
    [InlineData("CONNECT 2130706433:443", "403 Forbidden", "asked for what is no name and no address")]
    [InlineData("CONNECT 198.18.99.99:443", "403 Forbidden", "stands for no name that was looked up")]
    [InlineData("CONNECT inside.example.org:443", "403 Forbidden", "resolved to 10.0.0.7, which is private and has no rule")]
    [InlineData("CONNECT closed.example.org:443", "502 Bad Gateway", "ECONNREFUSED")]
    [InlineData("GET http://evil.example/", "403 Forbidden", "no rule for this name")]
    [InlineData("GET /", "400 Bad Request", "no request that a proxy can read")]
    public async Task What_the_list_does_not_have_is_refused_with_its_reason(string request, string status, string reason)
    {
        using var server = TestServer.Echo();
        using var closed = TestServer.Echo();
        Internet.Name("evil.example", Address);
        Internet.Name("localhost", "127.0.0.1");
        Internet.Name("inside.example.org", "10.0.0.7");
        Internet.Name("closed.example.org", "93.184.216.35");
        Internet.Server(Address, 443, server);
        Internet.Server("10.0.0.7", 443, server);
        Internet.Server("93.184.216.35", 443, closed);
        closed.Dispose();

        var result = await AskAsync(["registry.example.org:443", "inside.example.org", "closed.example.org"], request + " HTTP/1.1\\r\\n\\r\\n");

        AssertVerdict(Verdict.Ok, result);
        Assert.StartsWith($"got HTTP/1.1 {status}\r\n", Out(result), StringComparison.Ordinal);
        Assert.EndsWith($"\r\n\r\nsandbox: {reason}\n\n", Out(result), StringComparison.Ordinal);
        Assert.Equal(0, server.Accepted);
        Assert.DoesNotContain(result.Connections, static connection => connection.Reason is null);
    }

    // any is no way around it either
    [KernelTheory]
    [InlineData("127.0.0.1"), InlineData("[::1]"), InlineData("0.0.0.0"), InlineData("10.0.0.1"), InlineData("169.254.169.254"), InlineData("[fd00:ec2::254]"), InlineData("[::ffff:169.254.169.254]")]
    [InlineData("localhost"), InlineData("a.localhost"), InlineData("host.sandbox.internal"), InlineData("127.1"), InlineData("0x7f000001"), InlineData("inside.example")]
    public async Task What_is_not_public_is_not_reached(string host)
    {
        using var server = TestServer.Echo();
        Internet.Name("localhost", "127.0.0.1");
        Internet.Name("inside.example", "127.0.0.1");

        var result = await AskAsync(["any"], $"CONNECT {host}:{server.Port} HTTP/1.1\\r\\n\\r\\nhello");

        Assert.StartsWith("got HTTP/1.1 403 ", Out(result), StringComparison.Ordinal);
        Assert.Equal(0, server.Accepted);
    }

    [KernelTheory]
    [InlineData("evil.example", false), InlineData("registry.example.org", true)]
    public async Task TLS_in_a_tunnel_is_for_the_name_of_the_tunnel(string name, bool isReached)
    {
        using var server = new TestServer(static async (server, connection) => server.Received.Enqueue(await TestServer.ReadAllAsync(connection)));
        Internet.Name("registry.example.org", Address);
        Internet.Server(Address, 443, server);

        // in two parts, of which the first one comes with the request
        var hello = Hello(name);
        var result = await SpeakAsync(["registry.example.org:443"], Hex("CONNECT registry.example.org:443 HTTP/1.1\r\n\r\n") + hello[..20], hello[20..], ".", "-");

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(isReached, server.Received.Any(static text => text.Length > 0));
        Assert.Equal(isReached ? null : "asked the server for evil.example", Assert.Single(result.Connections).Reason);
    }

    [KernelTheory]
    [InlineData("registry.example.org", "heard <05><00> <05><00><00><01><00><00><00><00><00><00> echo<20>hello\n")]
    [InlineData("evil.example", "heard <05><00> <05><02><00><01><00><00><00><00><00><00> ")]
    public async Task SOCKS_reaches_a_name_of_the_list(string name, string said)
    {
        using var server = TestServer.Echo();
        Internet.Name("registry.example.org", Address);
        Internet.Server(Address, 443, server);

        var result = await SpeakAsync(["registry.example.org:443"], "050100", "05010003" + name.Length.ToString("x2", null) + Hex(name) + "01bb" + Hex("hel"), Hex("lo"), ".", "-");

        AssertVerdict(Verdict.Ok, result);
        Assert.StartsWith(said, Out(result), StringComparison.Ordinal);
        Assert.Equal(name, Assert.Single(result.Connections).Name);
    }

    [KernelTheory]
    [InlineData("050100", "0502000109090909" + "01bb", "heard <05><00> <05><07>")] // BIND
    [InlineData("050100", "0503000109090909" + "01bb", "heard <05><00> <05><07>")] // UDP ASSOCIATE
    [InlineData("050100", "050100017f000001" + "01bb", "heard <05><00> <05><02>")] // the loopback
    [InlineData("050100", "0501000309" + "6c6f63616c686f7374" + "01bb", "heard <05><00> <05><02>")] // localhost
    [InlineData("050100", "0501000305" + "6100622e63" + "01bb", "heard <05><00> <05><02>")] // a NUL in a name
    [InlineData("050100", "0501000305" + "610d0a2e63" + "01bb", "heard <05><00> <05><02>")] // CR LF
    [InlineData("050100", "0501000300" + "01bb", "heard <05><00> <05><02>")] // no name at all
    [InlineData("050102", "0501000109090909" + "01bb", "heard <05><ff> ")] // with a password only
    public async Task SOCKS_does_nothing_but_connect_to_what_is_allowed(string greeting, string request, string said)
    {
        var result = await SpeakAsync(["registry.example.org:443"], greeting, request);

        AssertVerdict(Verdict.Ok, result);
        Assert.StartsWith(said, Out(result), StringComparison.Ordinal);
        Assert.DoesNotContain(result.Connections, static connection => connection.Allowed);
    }

    [KernelFact]
    public async Task Programs_are_told_of_the_proxy_unless_the_job_says_otherwise()
    {
        var job = Probe.Tool("sh", "-c", "env | grep -i proxy | sort") with { Network = Network.Egress("registry.example.org:443") };
        var own = await RunAsync(job with { Env = new Dictionary<string, string> { ["HTTPS_PROXY"] = "http://x", ["no_proxy"] = "" } });

        AssertPrinted(
            "ALL_PROXY=http://127.0.0.1:53\nHTTPS_PROXY=http://127.0.0.1:53\nHTTP_PROXY=http://127.0.0.1:53\nNO_PROXY=localhost,127.0.0.0/8,127.0.0.1,::1\n"
            + "all_proxy=http://127.0.0.1:53\nhttp_proxy=http://127.0.0.1:53\nhttps_proxy=http://127.0.0.1:53\nno_proxy=localhost,127.0.0.0/8,127.0.0.1,::1",
            await RunAsync(job));
        Assert.Equal("ALL_PROXY=http://127.0.0.1:53\nHTTPS_PROXY=http://x\nHTTP_PROXY=http://127.0.0.1:53\nall_proxy=http://127.0.0.1:53\nhttp_proxy=http://127.0.0.1:53\nno_proxy=\n", Out(own));
    }

    [KernelFact]
    public async Task Nothing_is_reached_without_the_proxy()
    {
        using var server = TestServer.Echo();
        Internet.Name("registry.example.org", Address);
        Internet.Server(Address, 443, server);
        Internet.Server("198.18.0.1", 443, server);
        string[] allowed = ["registry.example.org:443", "93.184.216.0/24"];

        AssertPrinted("denied ENETUNREACH", await ReachAsync(allowed, "tcp", "registry.example.org", "443", "hello"));
        AssertPrinted("denied ENETUNREACH", await ReachAsync(allowed, "tcp", Address, "443", "hello"));
        AssertPrinted("denied ENETUNREACH", await ReachAsync(allowed, "udp", Address, "443"));
        AssertPrinted("denied EAI_NONAME", await ReachAsync(allowed, "tcp", "evil.example", "443"));
        AssertPrinted("connected", await RunAsync(Probe.Job("use_loopback") with { Network = Network.Egress("any") }));
        Assert.Equal(0, server.Accepted);
    }

    // All at the same time, because each is waited for ten seconds.
    [KernelFact]
    public async Task Half_a_request_is_not_waited_for_long()
    {
        string[] halves = ["", "43", "05", "0501", "05010005"];

        // the probe would tell of silence
        var results = await Task.WhenAll(halves.Select(said => SpeakAsync(["any"], said, "")));

        Assert.All(results, static result =>
        {
            AssertVerdict(Verdict.Ok, result);
            Assert.EndsWith(" ECONNRESET\n", Out(result), StringComparison.Ordinal);
        });
    }

    [KernelFact]
    public async Task A_head_that_does_not_end_is_cut_off()
    {
        var result = await SpeakAsync(["any"], Hex("CONNECT a.example:443 HTTP/1.1\r\nx: ".PadRight(8 << 10, 'x')));

        Assert.StartsWith("heard HTTP/1.1<20>400<20>Bad<20>Request", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Limits_hold_for_what_goes_by_way_of_the_proxy()
    {
        using var server = new TestServer(static async (_, connection) => await connection.SendAsync(new byte[1 << 20]));
        Internet.Name("a.example.org", Address);
        Internet.Server(Address, 80, server);
        var job = Probe.Tool("sh", "-c", "for i in 1 2 3; do /probes/reach_out tcp 127.0.0.1 53 'CONNECT a.example.org:80 HTTP/1.1\\r\\n\\r\\n' | wc -c; done") with { Network = Network.Egress("a.example.org") };

        var result = await RunAsync(job with { Limits = job.Limits with { ConnectionsTotal = 2 } });
        var traffic = await RunAsync(job with { Limits = job.Limits with { TrafficBytes = 1 << 19 } });

        Assert.Equal(["connectionsTotal"], result.LimitsHit);
        Assert.Equal(2, result.Connections.Where(static connection => connection.Reason is null).Sum(static connection => connection.Count));
        Assert.Equal(["traffic"], traffic.LimitsHit);
    }

    private Task<JobResult> AskAsync(string[] allowed, string request) => ReachAsync(allowed, "tcp", "127.0.0.1", "53", request);

    private Task<JobResult> SpeakAsync(string[] allowed, params string[] words)
    {
        var job = Probe.Job("ask_proxy", ["127.0.0.1", "53", .. words]) with { Network = Network.Egress(allowed) };
        return RunAsync(job with { Limits = job.Limits with { WallTime = TimeSpan.FromSeconds(20) * Requirements.Slowness } });
    }

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.Latin1.GetBytes(text));

    // One record with a ClientHello that has the one extension (RFC 6066, section 3).
    private static string Hello(string name)
    {
        var server = $"0000{Size(name.Length + 5, 2)}{Size(name.Length + 3, 2)}00{Size(name.Length, 2)}{Hex(name)}";
        var body = $"0303{new string('0', 64)}00000213010100{Size(server.Length / 2, 2)}{server}";
        return $"160301{Size((body.Length / 2) + 4, 2)}01{Size(body.Length / 2, 3)}{body}";
    }

    private static string Size(int size, int bytes) => size.ToString($"x{2 * bytes}", null);
}
