using System.Net;
using System.Net.Sockets;
using Sandbox.Server.Handover;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Listening;

/// <summary>Every socket that the server listens on, until disposed of.</summary>
internal sealed class ListeningSockets : IDisposable
{
    private const int Backlog = 512;

    private readonly List<UnixListener> _paths = [];
    private readonly List<Entrance> _entrances = [];
    private readonly List<Socket> _handovers = [];

    private ListeningSockets()
    {
    }

    /// <summary>Those for HTTP.</summary>
    public IReadOnlyList<Entrance> Entrances => _entrances;

    /// <summary>Those for jobs of <c>sandbox exec</c>.</summary>
    public IReadOnlyList<Socket> Handovers => _handovers;

    /// <summary>Opens what the settings ask for, or the default socket if they ask for nothing and none was passed.</summary>
    /// <param name="settings">The server's.</param>
    /// <param name="passed">Sockets that the service manager listens on; they stay its own.</param>
    /// <exception cref="IOException">One cannot be; the message says which and why.</exception>
    public static ListeningSockets Open(ServerSettings settings, IReadOnlyList<Socket> passed)
    {
        var sockets = new ListeningSockets();
        try
        {
            foreach (var socket in passed)
            {
                sockets.Add(socket);
            }

            var paths = settings.Sockets.Count + settings.Ports.Count + passed.Count > 0 ? settings.Sockets : [DefaultSocket.Path(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"))];
            foreach (var path in paths)
            {
                Say(path, () => sockets.OpenPath(path));
            }

            foreach (var port in settings.Ports)
            {
                Say(port.Text, () => sockets._entrances.AddRange(TcpPort.Open(port).Select(static socket => Entrance.OfPort(socket))));
            }

            foreach (var front in settings.Fronts)
            {
                Say(front.Address.Text, () => sockets._entrances.AddRange(TcpPort.Open(front.Address).Select(socket => Entrance.OfPort(socket, front))));
            }

            return sockets;
        }
        catch
        {
            sockets.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _handovers.ForEach(static socket => socket.Dispose());
        _entrances.ForEach(static entrance => entrance.Socket.Dispose());
        _paths.ForEach(static path => path.Dispose());
    }

    // Listening once more makes this process the one that clients see there (unix(7), SO_PEERCRED).
    private void Add(Socket socket)
    {
        socket.Listen(Backlog);
        if (socket.LocalEndPoint is IPEndPoint)
        {
            _entrances.Add(Entrance.OfPort(socket));
            return;
        }

        var path = socket.LocalEndPoint?.ToString() ?? "";
        if (path.EndsWith(HandoverServer.Suffix, StringComparison.Ordinal))
        {
            _handovers.Add(socket);
            return;
        }

        _entrances.Add(new(socket, DisplayText.Quote(path)));
    }

    private void OpenPath(string path)
    {
        var http = UnixListener.Open(path);
        _paths.Add(http);
        _entrances.Add(new(http.Socket, DisplayText.Quote(path)));
        var handover = UnixListener.Open(path + HandoverServer.Suffix);
        _paths.Add(handover);
        _handovers.Add(handover.Socket);
    }

    private static void Say(string where, Action open)
    {
        try
        {
            open();
        }
        catch (IOException failure)
        {
            throw new IOException($"cannot listen on {DisplayText.Quote(where)}: {failure.Message}", failure);
        }
    }
}
