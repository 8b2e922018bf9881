using System.Net;
using System.Net.Sockets;
using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>What is dialled for a name is an address that was looked at, and no other.</summary>
public sealed class HostDialerTests
{
    private static readonly IPAddress s_public = IPAddress.Parse("93.184.216.34");

    [Fact]
    public async Task The_address_that_was_looked_at_is_the_one_that_is_dialled()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var dialled = new List<IPEndPoint>();
        var answers = new Queue<IPAddress>([s_public, IPAddress.Loopback, IPAddress.Parse("169.254.169.254")]);
        var dialer = Dialer((_, _) => Task.FromResult<IPAddress[]>([answers.Dequeue()]), to =>
        {
            dialled.Add(to);
            return (IPEndPoint)server.LocalEndpoint;
        });

        // Asked twice, as a job does that looks a name up and then connects: it is not resolved again in between.
        _ = await dialer.ResolveAsync("rebinding.example", TestContext.Current.CancellationToken);
        var first = await dialer.ToNameAsync("rebinding.example", 443, TestContext.Current.CancellationToken);

        Assert.NotNull(first.Socket);
        first.Socket.Dispose();
        Assert.Equal([new IPEndPoint(s_public, 443)], dialled);
    }

    [Theory]
    [InlineData("127.0.0.1"), InlineData("::1"), InlineData("169.254.169.254"), InlineData("10.0.0.1"), InlineData("::ffff:127.0.0.1"), InlineData("64:ff9b::a9fe:a9fe"), InlineData("0.0.0.0")]
    public async Task A_name_that_leads_inside_is_not_dialled(string address)
    {
        var dialer = Dialer((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(address)]), to => throw new InvalidOperationException($"{to} was dialled"));

        var result = await dialer.ToNameAsync("rebinding.example", 443, TestContext.Current.CancellationToken);

        Assert.Null(result.Socket);
        Assert.True(result.IsRefused);
        Assert.StartsWith("resolved to ", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_this_host_is_not_one_of_the_internet()
    {
        // Whatever address this host has: its own loopback is one that every host has, and is asked past the table of kinds.
        var dialer = Dialer((_, _) => Task.FromResult<IPAddress[]>([]), to => throw new InvalidOperationException($"{to} was dialled"));

        var result = await dialer.ToAddressAsync(IPAddress.Loopback, 443, isLoopback: false, TestContext.Current.CancellationToken);

        Assert.Null(result.Socket);
        Assert.Contains("the host's own", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_address_is_tried_when_one_does_not_answer()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var other = IPAddress.Parse("93.184.216.35");
        var dialer = Dialer((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.1"), s_public, other]), to => (IPEndPoint)(to.Address.Equals(other) ? server.LocalEndpoint : closed.LocalEndPoint!));

        var result = await dialer.ToNameAsync("several.example", 443, TestContext.Current.CancellationToken);

        Assert.NotNull(result.Socket);
        result.Socket.Dispose();
        Assert.Equal(other, result.Address);
    }

    private static HostDialer Dialer(NameResolver resolve, Func<IPEndPoint, IPEndPoint> redial) =>
        new(EgressList.Of(new EgressNetwork { Allow = ["any"] }), resolve, redial, TimeProvider.System);
}
