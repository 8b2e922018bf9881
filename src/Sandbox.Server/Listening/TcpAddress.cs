using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sandbox.Server.Listening;

/// <summary>Where to listen by TCP, as it was asked for. Names are not looked up: what a name means may change, and with it who may connect.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Addresses">One, or both of <c>localhost</c>.</param>
/// <param name="Port">0 for one that the kernel chooses.</param>
internal sealed record TcpAddress(string Text, IReadOnlyList<IPAddress> Addresses, int Port)
{
    private const string Localhost = "localhost";

    /// <summary>Only processes of this machine reach it.</summary>
    public bool IsLoopback => Addresses.All(IPAddress.IsLoopback);

    /// <summary>Both addresses were asked for by one name: a machine may lack the second.</summary>
    public bool IsByName => Addresses.Count > 1;

    /// <summary>Reads <c>127.0.0.1:8080</c>, <c>[::1]:8080</c> or <c>localhost:8080</c>.</summary>
    /// <exception cref="FormatException">It is none; the message goes on after "it".</exception>
    public static TcpAddress Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 1)
        {
            throw new FormatException("is neither unix:PATH nor ADDRESS:PORT");
        }

        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw new FormatException("has no port from 0 to 65535 behind its last colon");
        }

        return new(text, Of(text[..colon]), port);
    }

    private static IReadOnlyList<IPAddress> Of(string host)
    {
        if (host == Localhost)
        {
            return [IPAddress.Loopback, IPAddress.IPv6Loopback];
        }

        var isBracketed = host is ['[', .., ']'];
        if (!IPAddress.TryParse(isBracketed ? host[1..^1] : host, out var address)
            || address.AddressFamily != (isBracketed ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)
            || (!isBracketed && address.ToString() != host))
        {
            // 127.1 and 0x7f000001 are addresses to inet_aton(3); nobody should have to know which.
            throw new FormatException("has no address before its port: four decimal numbers, an IPv6 address in brackets, or localhost; other names are not looked up");
        }

        return address.IsIPv4MappedToIPv6 ? throw new FormatException("is an IPv4 address in an IPv6 one; write the four numbers") : [address];
    }
}
