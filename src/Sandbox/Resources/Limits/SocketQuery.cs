using System.Buffers.Binary;

namespace Sandbox.Resources.Limits;

/// <summary>One question to sock_diag(7): all sockets of a family and protocol, with their memory.</summary>
internal readonly record struct SocketQuery(byte Family, byte Protocol)
{
    /// <summary>Room for any request.</summary>
    public const int MaxRequest = NetlinkHeader + 56;

    private const int NetlinkHeader = 16;
    private const byte Unix = 1, Inet = 2, Netlink = 16, Inet6 = 10;
    private const byte Tcp = 6, Udp = 17, AnyProtocol = 255;

    // Local sockets come first: what they leave unexplained decides whether the others are asked for.
    private static readonly SocketQuery[] s_all =
        [new(Unix, 0), new(Inet, Tcp), new(Inet6, Tcp), new(Inet, Udp), new(Inet6, Udp), new(Netlink, AnyProtocol)];

    private static readonly SocketQuery[] s_uncharged = [new(Netlink, AnyProtocol)];
    private static readonly SocketQuery[] s_unchargedVersion1 = [new(Netlink, AnyProtocol), new(Inet, Udp), new(Inet6, Udp)];

    /// <summary>Every family that a policy of ours lets a job have.</summary>
    public static IReadOnlyList<SocketQuery> All => s_all;

    /// <summary>
    /// What no control group is charged for: netlink takes its buffers from the kernel's own memory (alloc_skb with
    /// GFP_KERNEL, no memory_allocated in its struct proto, net/netlink/af_netlink.c).
    /// </summary>
    public static IReadOnlyList<SocketQuery> Uncharged => s_uncharged;

    /// <summary>The same for a group of version 1: sockets of UDP come to it where names can be asked for, too.</summary>
    public static IReadOnlyList<SocketQuery> UnchargedVersion1 => s_unchargedVersion1;

    /// <summary>Writes the request; its length.</summary>
    public int Write(Span<byte> to)
    {
        const ushort byFamily = 20, requestDump = 0x301;
        var body = to[NetlinkHeader..MaxRequest];
        body.Clear();
        body[0] = Family;
        body[1] = Protocol;
        var length = NetlinkHeader + WriteBody(body);
        BinaryPrimitives.WriteInt32LittleEndian(to, length);
        BinaryPrimitives.WriteUInt16LittleEndian(to[4..], byFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(to[6..], requestDump);
        to[8..NetlinkHeader].Clear();
        return length;
    }

    private int WriteBody(Span<byte> body)
    {
        // unix_diag.h: name, peer, queue lengths, memory.
        const uint unixShow = 0x1 | 0x4 | 0x10 | 0x20;
        // inet_diag.h: INET_DIAG_SKMEMINFO; every state but TIME_WAIT and those without a socket of their own.
        const byte inetMemory = 1 << 6;
        const uint inetStates = 0xfbe;
        switch (Family)
        {
            case Unix:
                BinaryPrimitives.WriteUInt32LittleEndian(body[4..], uint.MaxValue);
                BinaryPrimitives.WriteUInt32LittleEndian(body[12..], unixShow);
                return 24;
            case Netlink:
                body[8] = 1; // NDIAG_SHOW_MEMINFO
                return 20;
            default:
                body[2] = inetMemory;
                BinaryPrimitives.WriteUInt32LittleEndian(body[4..], inetStates);
                return 56;
        }
    }
}
