using System.Net.Sockets;

namespace Sandbox.Egress;

/// <summary>The sockets of one job's way out, all of which end with it. From any thread.</summary>
internal sealed class OpenSockets
{
    private readonly Lock _lock = new();
    private readonly HashSet<Socket> _sockets = [];
    private bool _isOver;

    /// <summary>Keeps one; false if it is over, and then the socket is, too.</summary>
    public bool Keep(Socket socket)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                _ = _sockets.Add(socket);
                return true;
            }
        }

        RelayedConnection.Reset(socket);
        return false;
    }

    /// <summary>Closes one.</summary>
    public void LetGo(Socket socket)
    {
        lock (_lock)
        {
            _ = _sockets.Remove(socket);
        }

        socket.Dispose();
    }

    /// <summary>Ends all of them; those that come later end at once.</summary>
    public void End()
    {
        Socket[] left;
        lock (_lock)
        {
            _isOver = true;
            left = [.. _sockets];
        }

        foreach (var socket in left)
        {
            RelayedConnection.Reset(socket);
        }
    }
}
