using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>The relay on ports of this process's own network, which the kernel leads nowhere.</summary>
public sealed class EgressRelayTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_connection_that_waits_for_its_turn_ends_with_the_job()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var relay = new EgressRelay(EgressList.Of((EgressNetwork)Network.Egress("any")), new() { Connections = 1 }, static (_, _) => Task.FromResult<IPAddress[]>([]), redial: null, TimeProvider.System);
        var (streams, port) = Bound(SocketType.Stream);
        relay.Start(new() { Streams = streams, Datagrams = Bound(SocketType.Dgram).Handle }, EgressWay.Redirect, static () => { });
        using var first = await ConnectAsync(port, cancellation);
        using var waiting = await ConnectAsync(port, cancellation);

        await Task.Run(relay.Stop, cancellation).WaitAsync(s_patience, cancellation);

        Assert.Equal(0, await EndAsync(first, cancellation));
        Assert.Equal(0, await EndAsync(waiting, cancellation));
    }

    private static (SafeFileHandle Handle, int Port) Bound(SocketType type)
    {
        var socket = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (type == SocketType.Stream)
        {
            socket.Listen();
        }

        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        var handle = new SafeFileHandle(socket.Handle, ownsHandle: true);
        socket.SafeHandle.SetHandleAsInvalid();
        return (handle, port);
    }

    private static async Task<Socket> ConnectAsync(int port, CancellationToken cancellation)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellation);
        return client;
    }

    // Its end, in whichever way.
    private static async Task<int> EndAsync(Socket client, CancellationToken cancellation)
    {
        try
        {
            return await client.ReceiveAsync(new byte[1], cancellation).AsTask().WaitAsync(s_patience, cancellation);
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
