using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sandbox.KernelTests;

/// <summary>A server on the host's loopback that keeps what came over each of its connections.</summary>
internal sealed class TestServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<Socket, Task> _serve;

    /// <summary>Begins to listen.</summary>
    /// <param name="serve">What it does with a connection, which is closed afterwards.</param>
    public TestServer(Func<TestServer, Socket, Task> serve)
    {
        _serve = connection => serve(this, connection);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        _ = AcceptAsync();
    }

    /// <summary>Says what it was sent, once the client has said all.</summary>
    public static TestServer Echo() => new(static async (server, connection) =>
    {
        var text = await ReadAllAsync(connection);
        server.Received.Enqueue(text);
        await connection.SendAsync(Encoding.UTF8.GetBytes("echo " + text));
    });

    /// <summary>Says something at once, and then waits for the client.</summary>
    public static TestServer Banner(string text) => new(async (_, connection) =>
    {
        await connection.SendAsync(Encoding.UTF8.GetBytes(text));
        await ReadAllAsync(connection);
    });

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public int Port => EndPoint.Port;

    /// <summary>What came, connection by connection.</summary>
    public ConcurrentQueue<string> Received { get; } = new();

    /// <summary>How many connections there were.</summary>
    public int Accepted;

    /// <summary>How many there are.</summary>
    public int Open;

    public static async Task<string> ReadAllAsync(Socket connection)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (await connection.ReceiveAsync(buffer) is var count and > 0)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket connection;
            try
            {
                connection = await _listener.AcceptAsync();
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                return;
            }

            Interlocked.Increment(ref Accepted);
            Interlocked.Increment(ref Open);
            _ = ServeAsync(connection);
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                await _serve(connection);
            }
            catch (SocketException)
            {
                // the client is gone, which some tests are about
            }

            // Before the other side sees its end: it may be counted upon to come back at once.
            Interlocked.Decrement(ref Open);
        }
    }
}
