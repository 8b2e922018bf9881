using System.Net;
using System.Net.Sockets;
using Sandbox.Egress;

namespace Sandbox.Ports;

// The host listens in its own network and connects, with sockets that were made in the job's, to a port there. Nothing of the job has any of
// these sockets: it sees connections come from its own loopback, and reaches nothing by them but who made them.

/// <summary>The ports of the host that lead to one job: accepts, connects to the job's port, and relays.</summary>
internal sealed class PortRelay : IDisposable
{
    // Of each socket, each way. A reader who is slow makes the kernel keep no more than this, where it would let it grow to megabytes (tcp(7), tcp_rmem).
    private const int BufferBytes = 128 << 10;

    private static readonly TimeSpan s_shortage = TimeSpan.FromMilliseconds(100);

    // Pid 1 answers in microseconds; the job's loopback, too, unless the server's backlog is full.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // The longest for which the end of a job waits for the readers of what it has sent.
    private static readonly TimeSpan s_ending = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock;
    private readonly EgressTraffic _traffic;
    private readonly SemaphoreSlim _open;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly List<PortListener> _listeners = [];
    private readonly HashSet<Socket> _clients = [];
    private readonly CountdownEvent _serving = new(1);
    private Task _served = Task.CompletedTask;
    private SocketSupply? _sockets;
    private SocketSupply? _sockets6;
    private Action? _failed;
    private volatile bool _isOver;

    /// <summary>Listens on the ports of a job that is to run.</summary>
    /// <param name="ports">The ports.</param>
    /// <param name="connections">The most connections at once, of all ports together; null for no limit. More wait for one to end, in the kernel.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="SandboxException">One of them is not to be had.</exception>
    public PortRelay(IReadOnlyList<PortMapping> ports, int? connections, TimeProvider clock)
    {
        _clock = clock;
        _traffic = new(new(), clock); // the limits of traffic are for the way out
        _open = new(connections ?? int.MaxValue);
        try
        {
            for (var index = 0; index < ports.Count; index++)
            {
                _listeners.Add(new(ports[index], index));
            }
        }
        catch (SandboxException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>It ended by itself, with this.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The ports, and what came of each so far.</summary>
    public IReadOnlyList<PublishedPort> Published => [.. _listeners.Select(static listener => listener.Published)];

    /// <summary>Begins to relay.</summary>
    /// <param name="ask">Has sockets of a family made in the job's network; the answer comes by <see cref="Give"/>.</param>
    /// <param name="failed">Is called if it ends by itself.</param>
    public void Start(Action<AddressFamily> ask, Action failed)
    {
        _failed = failed;
        _sockets = new(() => ask(AddressFamily.InterNetwork));
        _sockets6 = new(() => ask(AddressFamily.InterNetworkV6));
        _served = Task.WhenAll(_listeners.Select(listener => Task.Run(() => WatchAsync(listener))));
    }

    /// <summary>What pid 1 has made.</summary>
    public void Give(AddressFamily family, IReadOnlyList<Microsoft.Win32.SafeHandles.SafeFileHandle> made) => (family == AddressFamily.InterNetworkV6 ? _sockets6 : _sockets)?.Give(made);

    /// <summary>The job is over: takes no more, and ends every connection once what the job has sent is read, or soon. Once.</summary>
    public void Stop()
    {
        Socket[] left;
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
            left = [.. _clients];
        }

        _closing.Cancel();
        _listeners.ForEach(static listener => listener.Dispose());
        foreach (var client in left)
        {
            HearNoMore(client);
        }

        // Nobody makes sockets any more. What is being connected is at its end at once: who accepts is gone, or was there, and has said something.
        _sockets?.Dispose();
        _sockets6?.Dispose();
        _served.Wait();
        _ = _serving.Signal();
        if (!_serving.Wait(s_ending))
        {
            _end.Cancel();
            _ = _serving.Wait(s_ending);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _closing.Dispose();
        _end.Dispose();
    }

    // What it still says, nobody in the job is there to hear; what it reads is not touched (shutdown(2)).
    private static void HearNoMore(Socket client)
    {
        try
        {
            client.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // it is gone already
        }
    }

    private async Task WatchAsync(PortListener listener)
    {
        try
        {
            await AcceptAsync(listener).ConfigureAwait(false);
        }
        catch (Exception failure) when (_isOver && failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the job is over
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    private void Fail(Exception failure)
    {
        Failure ??= failure;
        _failed!();
    }

    private async Task AcceptAsync(PortListener listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync(_closing.Token).ConfigureAwait(false);
            }
            catch (SocketException failure) when (!_isOver && failure.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.ConnectionAborted)
            {
                // This process has no descriptor left for now, or who wanted in is gone.
                await Task.Delay(s_shortage, _clock, _closing.Token).ConfigureAwait(false);
                continue;
            }

            try
            {
                await _open.WaitAsync(_closing.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                RelayedConnection.Reset(client);
                throw;
            }

            if (!Keep(client))
            {
                RelayedConnection.Reset(client);
                continue;
            }

            _ = ServeAsync(client, listener);
        }
    }

    private async Task ServeAsync(Socket client, PortListener listener)
    {
        try
        {
            using var inside = await ConnectAsync(listener.JobPort).ConfigureAwait(false);
            if (inside is null)
            {
                listener.Refuse();
                RelayedConnection.Reset(client);
                return;
            }

            Narrow(client);
            var connection = new RelayedConnection(inside, client, _traffic, static _ => null, expected: null);
            await connection.RunAsync(_end.Token).ConfigureAwait(false);
            listener.Count(connection.BytesIn, connection.BytesOut);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            listener.Refuse();
            RelayedConnection.Reset(client);
        }
        catch (Exception failure)
        {
            RelayedConnection.Reset(client);
            Fail(failure);
        }
        finally
        {
            LetGo(client);
            _ = _open.Release();
            _ = _serving.Signal();
        }
    }

    // Servers listen on 127.0.0.1, on ::1, or on both ("localhost").
    private async Task<Socket?> ConnectAsync(int port) =>
        await ConnectAsync(_sockets!, new(IPAddress.Loopback, port)).ConfigureAwait(false) ?? await ConnectAsync(_sockets6!, new(IPAddress.IPv6Loopback, port)).ConfigureAwait(false);

    private async Task<Socket?> ConnectAsync(SocketSupply supply, IPEndPoint to)
    {
        if (await supply.TakeAsync(s_patience, _end.Token).ConfigureAwait(false) is not { } socket)
        {
            return null;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        patience.CancelAfter(s_patience);
        try
        {
            Narrow(socket);
            await socket.ConnectAsync(to, patience.Token).ConfigureAwait(false);

            // From a port of the kernel's choice to the same one where nobody listens: TCP connects such a socket to itself.
            if (!Equals(socket.LocalEndPoint, socket.RemoteEndPoint))
            {
                return socket;
            }
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            // nobody listens, or not now
        }

        RelayedConnection.Reset(socket);
        return null;
    }

    private static void Narrow(Socket socket)
    {
        socket.NoDelay = true;
        socket.ReceiveBufferSize = BufferBytes;
        socket.SendBufferSize = BufferBytes;
    }

    private bool Keep(Socket client)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return false;
            }

            _serving.AddCount();
            return _clients.Add(client);
        }
    }

    private void LetGo(Socket client)
    {
        lock (_lock)
        {
            _ = _clients.Remove(client);
        }

        client.Dispose();
    }
}
