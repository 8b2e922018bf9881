using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Sandbox.Ports;
using Xunit;

namespace Sandbox.Tests.Ports;

/// <summary>The relay without a job: its sockets are made in this process's own network.</summary>
public sealed class PortRelayTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly PortRelay _relay;
    private int _made;

    public PortRelayTests()
    {
        _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _server.Listen();
        _relay = new([new() { JobPort = ((IPEndPoint)_server.LocalEndPoint!).Port }], connections: 1, TimeProvider.System);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_waits_for_its_turn_ends_with_the_job()
    {
        _relay.Start(Give, static () => { });
        using var first = await ConnectAsync();
        using var served = await _server.AcceptAsync(Cancellation);
        using var waiting = await ConnectAsync();

        // The job's end as its own server sees it.
        served.Dispose();
        await Task.Run(_relay.Stop, Cancellation).WaitAsync(s_patience, Cancellation);

        Assert.Equal(0, await EndAsync(first));
        Assert.Equal(0, await EndAsync(waiting));
        Assert.Equal(1, _relay.Published.Single().Connections);
    }

    [Fact]
    public async Task Without_sockets_a_connection_is_reset_and_the_next_one_may_have_some()
    {
        _relay.Start(family => Give(family, _made++ < 2 ? 0 : 1), static () => { });
        await RefusedAsync();

        using var client = await ConnectAsync();
        using var served = await _server.AcceptAsync(Cancellation);
        await client.SendAsync("a"u8.ToArray(), Cancellation);

        Assert.Equal(1, await served.ReceiveAsync(new byte[1], Cancellation));
        Assert.Equal(1, _relay.Published.Single().Refused);
    }

    public void Dispose()
    {
        _relay.Dispose();
        _server.Dispose();
    }

    private void Give(AddressFamily family) => Give(family, 16);

    // As pid 1 does, on another thread.
    private void Give(AddressFamily family, int count) => Task.Run(() => _relay.Give(family, [.. Enumerable.Range(0, count).Select(_ => Made(family))]));

    private static SafeFileHandle Made(AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        var handle = new SafeFileHandle(socket.Handle, ownsHandle: true);
        socket.SafeHandle.SetHandleAsInvalid();
        return handle;
    }

    private async Task RefusedAsync()
    {
        try
        {
            using var refused = await ConnectAsync();
            Assert.Equal(0, await EndAsync(refused));
        }
        catch (SocketException reset)
        {
            Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _relay.Published.Single().HostPort), Cancellation);
        return client;
    }

    private static async Task<int> EndAsync(Socket client)
    {
        try
        {
            return await client.ReceiveAsync(new byte[1], Cancellation).AsTask().WaitAsync(s_patience, Cancellation);
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
