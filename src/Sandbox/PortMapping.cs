using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sandbox;

/// <summary>A TCP port of the host whose connections are relayed to a port of the job's own network.</summary>
public sealed record PortMapping
{
    private const string Form = "must be [ADDRESS:]PORT:PORT, first the host's port and then the job's, such as \"127.0.0.1:8080:80\"";

    /// <summary>The address of the host on which is listened, without brackets; <c>0.0.0.0</c> for all of IPv4, <c>::</c> for all of IPv6. Default <c>127.0.0.1</c>: only this host reaches it.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The port of the host, 1 to 65535; 0 (the default) for one that is free, which <see cref="PublishedPort"/> tells.</summary>
    public int HostPort { get; init; }

    /// <summary>The port of the job's loopback, 1 to 65535.</summary>
    public required int JobPort { get; init; }

    /// <summary>Reads one as job files have it.</summary>
    /// <param name="text"><c>127.0.0.1:8080:80</c>, <c>[::1]:8080:80</c>, <c>8080:80</c> for 127.0.0.1, and <c>80</c> or <c>127.0.0.1::80</c> for a port of the host that is free; <c>/tcp</c> may follow.</param>
    /// <exception cref="FormatException">It is none of these; the message says what is wrong.</exception>
    public static PortMapping Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var rest = WithoutProtocol(text);
        var jobPort = Port(rest[(rest.LastIndexOf(':') + 1)..], least: 1);
        rest = rest[..Math.Max(rest.LastIndexOf(':'), 0)];
        if (rest.Length == 0)
        {
            return new() { JobPort = jobPort };
        }

        var hostText = rest[(rest.LastIndexOf(':') + 1)..];
        var hostPort = hostText.Length == 0 ? 0 : Port(hostText, least: 0);
        return rest.LastIndexOf(':') is var end and >= 0
            ? new() { Address = AddressOf(rest[..end]), HostPort = hostPort, JobPort = jobPort }
            : new() { HostPort = hostPort, JobPort = jobPort };
    }

    /// <summary>The address and the port of the host.</summary>
    /// <exception cref="FormatException">They are none.</exception>
    public IPEndPoint ToEndPoint() => HostPort is >= 0 and <= IPEndPoint.MaxPort ? new(IPAddress.Parse(Address), HostPort) : throw new FormatException(Form);

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]" : Address)}:{HostPort}:{JobPort}");

    private static string WithoutProtocol(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || text[slash..] == "/tcp")
        {
            return slash < 0 ? text : text[..slash];
        }

        throw new FormatException(text[slash..] is "/udp" or "/sctp" ? "only TCP is relayed to a job" : Form);
    }

    private static int Port(string text, int least)
    {
        if (text.Contains('-', StringComparison.Ordinal))
        {
            throw new FormatException("must be one port, not a range: name each of them");
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port >= least && port <= IPEndPoint.MaxPort ? port : throw new FormatException(Form);
    }

    /// <summary>Whether it is written as addresses are, and not in one of the forms of IPv4 that few know (127.1).</summary>
    /// <remarks>What follows a percent sign is the name of an interface, and any text to whoever parses it.</remarks>
    internal static bool IsAddress(string? text) =>
        IPAddress.TryParse(text, out var address) && !text.Contains('%', StringComparison.Ordinal) && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text);

    private static string AddressOf(string text)
    {
        var isBracketed = text is ['[', .., ']'];
        var bare = isBracketed ? text[1..^1] : text;
        return IsAddress(bare) && isBracketed == bare.Contains(':', StringComparison.Ordinal)
            ? bare
            : throw new FormatException("must begin with an address of this host, such as 127.0.0.1 or [::1]");
    }
}

/// <summary>What became of a <see cref="PortMapping"/>.</summary>
public sealed record PublishedPort
{
    /// <summary>The address of the host on which was listened.</summary>
    public required string Address { get; init; }

    /// <summary>The port of the host, also where the job left the choice to it.</summary>
    public required int HostPort { get; init; }

    /// <summary>The port of the job.</summary>
    public required int JobPort { get; init; }

    /// <summary>Connections that were relayed.</summary>
    public long Connections { get; init; }

    /// <summary>Connections that were reset because nothing listened at the port of the job, or nothing could be connected to it.</summary>
    public long Refused { get; init; }

    /// <summary>Bytes that came to the job.</summary>
    public long BytesIn { get; init; }

    /// <summary>Bytes that the job sent.</summary>
    public long BytesOut { get; init; }
}
