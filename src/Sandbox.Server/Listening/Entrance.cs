using System.Net;
using System.Net.Sockets;

namespace Sandbox.Server.Listening;

/// <summary>A socket that clients come in by: whoever answers a request has it as a feature of the connection, and by it what the client has to show.</summary>
/// <param name="socket">It listens already.</param>
/// <param name="name">What it is called in messages, such as <c>127.0.0.1:8080</c>.</param>
/// <param name="front">The other API that is spoken there; null for our own.</param>
internal sealed class Entrance(Socket socket, string name, FrontPlace? front = null)
{
    /// <summary>The socket.</summary>
    public Socket Socket => socket;

    /// <summary>What it is called in messages.</summary>
    public string Name => name;

    /// <summary>The other API that is spoken there; null for our own.</summary>
    public FrontPlace? Front => front;

    /// <summary>Where it listens by TCP; null for a unix socket.</summary>
    public IPEndPoint? Port { get; } = socket.LocalEndPoint as IPEndPoint;

    /// <summary>It is a unix socket, whose peers are looked at.</summary>
    public bool IsUnix => Port is null;

    /// <summary>Only processes of this machine reach it.</summary>
    public bool IsLocal => Port is null || IPAddress.IsLoopback(Port.Address);

    /// <summary>One by TCP, called by its address and port.</summary>
    public static Entrance OfPort(Socket socket, FrontPlace? front = null) => new(socket, socket.LocalEndPoint!.ToString()!, front);
}
