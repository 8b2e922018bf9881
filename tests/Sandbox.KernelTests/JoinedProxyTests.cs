using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>In a network of jobs, too, a job on a kernel that leads no connections anywhere has a proxy for its list, and reaches the other jobs without it.</summary>
public sealed class JoinedProxyTests : EgressTest
{
    private const string Net = "proxy-net";
    private const string Variable = "XDG_RUNTIME_DIR";
    private const string Address = "93.184.216.34";

    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);

    public JoinedProxyTests()
        : base(withoutRedirects: true)
    {
        File.SetUnixFileMode(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable(Variable, Directory);
        SharedNetworks.Create(Net);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_name_of_the_list_is_reached_by_the_proxy_and_nothing_without_it()
    {
        using var server = TestServer.Echo();
        Internet.Name("registry.example.org", Address);
        Internet.Server(Address, 443, server);

        var result = await RunAsync(Member(null, $"/probes/ask_proxy 127.0.0.1 53 {Hex("CONNECT registry.example.org:443 HTTP/1.1\r\n\r\nhello")} -; echo; /probes/reach_out tcp {Address} 443; /probes/reach_out tcp 8.8.8.8 53"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Contains("200<20>Connection<20>established", Out(result), StringComparison.Ordinal);
        Assert.EndsWith("\ndenied ENETUNREACH\ndenied ENETUNREACH\n", Out(result), StringComparison.Ordinal);
        Assert.Equal(EgressWay.Proxy, result.Isolation!.Egress);
        Assert.Equal(("registry.example.org", "registry.example.org:443"), (Assert.Single(result.Connections).Name, result.Connections[0].Rule));
        Assert.Equal(1, server.Accepted);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task Other_jobs_are_reached_without_it_and_not_through_it()
    {
        var server = RunAsync(Probe.Job("join", "answer", "80", "2") with { Network = Network.Join(Net, "db") });

        var result = await RunAsync(Member(null, $"/probes/join visit db 80; /probes/ask_proxy 127.0.0.1 53 {Hex("CONNECT db:80 HTTP/1.1\r\n\r\n")}; echo; /probes/ask_proxy 127.0.0.1 53 {Hex("CONNECT 10.89.0.2:80 HTTP/1.1\r\n\r\n")}; /probes/join visit db 80"));

        AssertPrinted("answered", await server);
        Assert.Equal(2, Out(result).Split("met as 10.89.0.").Length - 1);
        Assert.Equal(2, Out(result).Split("403<20>Forbidden").Length - 1);
        Assert.All(result.Connections, static connection => Assert.False(connection.Allowed));
        Assert.Contains(result.Connections, static connection => connection.Reason!.StartsWith("a job of this network", StringComparison.Ordinal));
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task Programs_are_told_of_it_and_that_it_is_not_for_the_network()
    {
        var told = await RunAsync(Member(null, "env | grep -i proxy | sort"));
        var without = await RunAsync(Probe.Tool("sh", "-c", "env | grep -ic proxy") with { Network = Network.Join(Net) });

        AssertVerdict(Verdict.Ok, told);
        Assert.Contains("\nhttps_proxy=http://127.0.0.1:53\n", Out(told), StringComparison.Ordinal);
        Assert.Contains("\nno_proxy=localhost,127.0.0.0/8,127.0.0.1,::1,10.89.0.0/24\n", Out(told), StringComparison.Ordinal);
        Assert.Equal("0\n", Out(without));
        Assert.Null(without.Isolation!.Egress);
    }

    // Nobody else in the network comes to the port where it listens.
    [KernelFact(Needs.NativeKernel)]
    public async Task Nobody_else_uses_the_proxy_of_a_job()
    {
        await using var owner = await Runner.StartAsync(Member("owner", "until [ -e /work/never ]; do sleep 1; done"), Cancellation);
        await owner.Events.FirstAsync(static happened => happened.Kind == JobEventKind.Started, Cancellation);

        var other = await RunAsync(Probe.Tool("sh", "-c", "/probes/reach_out tcp owner 53; /probes/reach_out tcp 10.89.0.2 53") with { Network = Network.Join(Net) });

        AssertPrinted("denied ECONNREFUSED\ndenied ECONNREFUSED", other);
    }

    private static JobSpec Member(string? name, string script) => Probe.Tool("sh", "-c", script) with { Network = new JoinedNetwork { NetworkName = Net, Name = name, Allow = ["registry.example.org:443"] } };

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text));

    private protected override void End()
    {
        SharedNetworks.Remove(Net);
        Environment.SetEnvironmentVariable(Variable, _before);
    }
}
