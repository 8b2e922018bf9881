using System.Net;
using System.Net.Sockets;

namespace Sandbox.Egress;

/// <summary>How far a request to the proxy has come.</summary>
internal enum ProxyRequestState
{
    /// <summary>More of it is needed.</summary>
    Incomplete,

    /// <summary>It is whole.</summary>
    Whole,

    /// <summary>It cannot be read, or asks for what is not done.</summary>
    Broken,
}

/// <summary>What a client asks the proxy for.</summary>
/// <param name="Host">The host as the client wrote it, without brackets.</param>
/// <param name="Port">Its port.</param>
/// <param name="First">What goes to the server first: what came behind the request, and for a request that is passed on that itself.</param>
/// <param name="IsTunnel">The client is told that it is connected, and whatever it says goes to the server.</param>
internal readonly record struct ProxyRequest(string Host, int Port, ReadOnlyMemory<byte> First, bool IsTunnel)
{
    /// <summary>The host as a name of the list may have it; null if it is none.</summary>
    public string? Name => HostNames.Normal(Host);

    /// <summary>The host as an address: four decimal numbers, or IPv6 without a zone; null if it is none.</summary>
    public IPAddress? Address => IPAddress.TryParse(Host, out var address) && !Host.Contains('%', StringComparison.Ordinal) && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == Host) ? address : null;
}
