using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sandbox.Egress;

/// <summary>What a connection was meant for before the kernel led it to us; the job can change nothing about it.</summary>
internal static class OriginalDestination
{
    private const int SolIp = 0;
    private const int SolIpv6 = 41;
    private const int SoOriginalDst = 80; // and IP6T_SO_ORIGINAL_DST

    /// <summary>The address and port; null if the kernel led it nowhere.</summary>
    public static IPEndPoint? Of(Socket accepted)
    {
        // An address of IPv4 or IPv6 as the kernel has it: family, port, address (ip(7), ipv6(7)).
        Span<byte> address = stackalloc byte[28];
        var isV4 = accepted.AddressFamily == AddressFamily.InterNetwork;
        try
        {
            var size = accepted.GetRawSocketOption(isV4 ? SolIp : SolIpv6, SoOriginalDst, isV4 ? address[..16] : address);
            return size < (isV4 ? 16 : 24) ? null : new(new IPAddress(isV4 ? address[4..8] : address[8..24]), BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
        }
        catch (SocketException)
        {
            return null; // ENOENT; ENOPROTOOPT on a kernel without connection tracking
        }
    }
}
