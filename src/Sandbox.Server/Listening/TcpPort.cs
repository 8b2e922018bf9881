using System.Net;
using System.Net.Sockets;

namespace Sandbox.Server.Listening;

/// <summary>Opens TCP sockets. By ourselves and not by Kestrel, so that what goes wrong is said in our words and before anything else is there.</summary>
internal static class TcpPort
{
    private const int Backlog = 512;
    private const int PortsToTry = 16;

    /// <summary>Listens on each address of one place, all with the same port.</summary>
    /// <exception cref="IOException">It cannot; the message says why.</exception>
    public static IReadOnlyList<Socket> Open(TcpAddress where)
    {
        for (var left = PortsToTry; ; left--)
        {
            var open = new List<Socket>();
            try
            {
                foreach (var address in where.Addresses)
                {
                    var port = open.Count > 0 ? ((IPEndPoint)open[0].LocalEndPoint!).Port : where.Port;
                    if (Bind(new(address, port), isOptional: where.IsByName && open.Count > 0) is { } socket)
                    {
                        open.Add(socket);
                    }
                }

                return open;
            }
            catch (SocketException failure)
            {
                open.ForEach(static socket => socket.Dispose());

                // The port that the kernel chose for the first address may be another's on the second.
                if (where.Port != 0 || failure.SocketErrorCode != SocketError.AddressAlreadyInUse || left == 0)
                {
                    throw new IOException(Reason(failure), failure);
                }
            }
        }
    }

    private static Socket? Bind(IPEndPoint endpoint, bool isOptional)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endpoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false; // [::] is not every IPv4 address, too (ipv6(7), IPV6_V6ONLY)
            }

            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException failure)
        {
            socket?.Dispose();
            if (isOptional && failure.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
            {
                return null; // a machine without IPv6
            }

            throw;
        }
    }

    private static string Reason(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "another program listens on this port (EADDRINUSE)",
        SocketError.AddressNotAvailable => "no interface of this machine has this address (EADDRNOTAVAIL)",
        SocketError.AddressFamilyNotSupported => "this kernel does not have such addresses (EAFNOSUPPORT)",
        SocketError.AccessDenied => "this user may not have this port (EACCES): the low ones, by default those below 1024, need a privilege (ip(7), ip_unprivileged_port_start)",
        _ => failure.Message,
    };
}
