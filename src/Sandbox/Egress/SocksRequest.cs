using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Sandbox.Egress;

/// <summary>What a SOCKS server answers (RFC 1928, section 6).</summary>
internal enum SocksReply : byte
{
    Succeeded = 0,
    Failed = 1,
    NotAllowed = 2,
    HostUnreachable = 4,
    NotSupported = 7,
    NoSuchAddress = 8,
}

/// <summary>Reads what a client of SOCKS 5 says (RFC 1928): connections to a name or an address, without a password.</summary>
internal static class SocksRequest
{
    /// <summary>The first byte of everything.</summary>
    public const byte Version = 5;

    /// <summary>The longest greeting.</summary>
    public const int MostGreeting = 2 + 255;

    /// <summary>The longest of what a client wants.</summary>
    public const int Most = 4 + 1 + 255 + 2;

    private const byte NoPassword = 0;
    private const byte Connect = 1;
    private const byte OfIPv4 = 1;
    private const byte OfName = 3;
    private const byte OfIPv6 = 4;

    /// <summary>Reads the ways to log in that a client offers; it has to offer none.</summary>
    /// <param name="bytes">From the first on.</param>
    /// <param name="length">How long it is, once it is whole.</param>
    public static ProxyRequestState ReadGreeting(ReadOnlySpan<byte> bytes, out int length)
    {
        length = bytes.Length < 2 ? 2 : 2 + bytes[1];
        return bytes.Length > 0 && bytes[0] != Version ? ProxyRequestState.Broken
            : bytes.Length < length ? ProxyRequestState.Incomplete
            : bytes[2..length].Contains(NoPassword) ? ProxyRequestState.Whole
            : ProxyRequestState.Broken;
    }

    /// <summary>Reads what a client wants to connect to.</summary>
    /// <param name="bytes">From the first byte on.</param>
    /// <param name="request">What it asks for, once it is whole.</param>
    /// <param name="refusal">What to answer if it is broken.</param>
    public static ProxyRequestState Read(ReadOnlyMemory<byte> bytes, out ProxyRequest request, out SocksReply refusal)
    {
        (request, refusal) = (default, SocksReply.Failed);
        var said = bytes.Span;
        if (said.Length > 0 && said[0] != Version)
        {
            return ProxyRequestState.Broken;
        }

        if (said.Length < 5)
        {
            return ProxyRequestState.Incomplete;
        }

        // BIND and UDP ASSOCIATE would have others come in, and datagrams go out.
        if (said[1] != Connect)
        {
            refusal = SocksReply.NotSupported;
            return ProxyRequestState.Broken;
        }

        if (said[3] is not (OfIPv4 or OfName or OfIPv6) || said[2] != 0)
        {
            refusal = SocksReply.NoSuchAddress;
            return ProxyRequestState.Broken;
        }

        var (at, size) = said[3] switch { OfIPv4 => (4, 4), OfIPv6 => (4, 16), _ => (5, said[4]) };
        if (said.Length < at + size + 2)
        {
            return ProxyRequestState.Incomplete;
        }

        var host = said.Slice(at, size);
        request = new(said[3] == OfName ? Encoding.Latin1.GetString(host) : new IPAddress(host).ToString(), BinaryPrimitives.ReadUInt16BigEndian(said[(at + size)..]), bytes[(at + size + 2)..], IsTunnel: true);
        return request.Port == 0 ? ProxyRequestState.Broken : ProxyRequestState.Whole;
    }

    /// <summary>An answer, which names no address: ours is of no use to the job.</summary>
    public static byte[] Answer(SocksReply reply) => [Version, (byte)reply, 0, OfIPv4, 0, 0, 0, 0, 0, 0];

    /// <summary>The answer to the greeting: without a password, or not at all.</summary>
    public static byte[] Greeting(bool isAccepted) => [Version, isAccepted ? NoPassword : (byte)0xff];
}
