using System.Net;
using System.Net.Sockets;

namespace Sandbox.Ports;

/// <summary>A port of this host for as long as the job has it, and what came of it.</summary>
internal sealed class PortListener : IDisposable
{
    private const int Backlog = 128;

    private readonly Socket _socket;
    private readonly PortMapping _mapping;
    private long _connections;
    private long _refused;
    private long _in;
    private long _out;

    /// <summary>Listens; nobody is accepted before the job runs, and waits in the kernel.</summary>
    /// <exception cref="SandboxException">The port is not to be had.</exception>
    public PortListener(PortMapping mapping, int index)
    {
        _mapping = mapping;
        try
        {
            _socket = new Socket(mapping.ToEndPoint().AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        }
        catch (SocketException failure)
        {
            throw Failed(failure, mapping, index);
        }

        try
        {
            if (_socket.AddressFamily == AddressFamily.InterNetworkV6)
            {
                _socket.DualMode = false;
            }

            _socket.Bind(mapping.ToEndPoint());
            _socket.Listen(Backlog);
            HostPort = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        }
        catch (SocketException failure)
        {
            _socket.Dispose();
            throw Failed(failure, mapping, index);
        }
    }

    /// <summary>The port of the host.</summary>
    public int HostPort { get; }

    /// <summary>The port of the job.</summary>
    public int JobPort => _mapping.JobPort;

    /// <summary>What there is to tell of it.</summary>
    public PublishedPort Published => new()
    {
        Address = _mapping.Address,
        HostPort = HostPort,
        JobPort = JobPort,
        Connections = Interlocked.Read(ref _connections),
        Refused = Interlocked.Read(ref _refused),
        BytesIn = Interlocked.Read(ref _in),
        BytesOut = Interlocked.Read(ref _out),
    };

    /// <summary>The next connection.</summary>
    public ValueTask<Socket> AcceptAsync(CancellationToken cancellationToken) => _socket.AcceptAsync(cancellationToken);

    /// <summary>One was reset.</summary>
    public void Refuse() => Interlocked.Increment(ref _refused);

    /// <summary>One was relayed, and is over.</summary>
    public void Count(long bytesIn, long bytesOut)
    {
        _ = Interlocked.Increment(ref _connections);
        _ = Interlocked.Add(ref _in, bytesIn);
        _ = Interlocked.Add(ref _out, bytesOut);
    }

    /// <summary>Whoever comes now is refused by the kernel.</summary>
    public void Dispose() => _socket.Dispose();

    private static SandboxException Failed(SocketException failure, PortMapping mapping, int index) =>
        new($"cannot listen on {mapping.ToEndPoint()} of this host") { Operation = Operation.ListenOnHost, Errno = Interop.Errno.Name(failure.NativeErrorCode), Pointer = $"/ports/{index}" };
}
