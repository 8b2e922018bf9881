using System.Buffers.Binary;
using System.Net.Sockets;
using Tmds.DBus.Protocol;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>Connects to a bus, and only if it is the caller's own: whoever answers would learn what it runs, and where.</summary>
internal sealed class BusOptions(BusAddress address) : DBusConnectionOptions
{
    /// <inheritdoc/>
    protected override async ValueTask<SetupResult> SetupAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.Socket), cancellationToken).ConfigureAwait(false);
            RefuseStrangers(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new SetupResult
        {
            ConnectionStream = new NetworkStream(socket, ownsSocket: true),
            UserId = $"{address.Owner}",
        };
    }

    // The file may have been replaced since somebody looked at it, and an abstract name has no file: the kernel knows
    // who listens there (unix(7), SO_PEERCRED: the credentials at the time of listen(2)).
    private void RefuseStrangers(Socket socket)
    {
        const int socketLevel = 1;     // SOL_SOCKET
        const int peerCredentials = 17; // SO_PEERCRED
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        socket.GetRawSocketOption(socketLevel, peerCredentials, credentials);
        var owner = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        if (owner != address.Owner)
            throw new SandboxException($"no user bus: {address.Words} is served by uid {owner}, which is not the caller");
    }
}
