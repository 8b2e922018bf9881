using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Resources.Networks;

// A switch that learns nothing. Whose address is on which port is fixed: the hardware address of a member is made of its address, each job has a permanent
// neighbour for every address of the network, and the switch an entry for each port. So no question about addresses (ARP) is ever sent, which a job could flood the
// network with; no entry is made for an address that nobody has, of which the kernel has 1,024 for all its namespaces together (gc_thresh3, arp(7));
// no first packet waits; and a frame to nobody goes nowhere.

/// <summary>What the kernel is told of the switch of a network, and of the devices that connect jobs with it (rtnetlink(7)).</summary>
internal static class SwitchMessages
{
    private const ushort NewLink = 16;
    private const ushort DeleteLink = 17;
    private const ushort NewAddress = 20;
    private const ushort NewNeighbour = 28;

    private const uint Up = 1; // IFF_UP
    private const uint NoQuestions = 0x80; // IFF_NOARP

    private const uint Loopback = 1;
    private const uint Device = 2; // of a network namespace with nothing else in it: the bridge of the switch, or the job's eth0
    private const uint FirstPort = 16;

    private const ushort HardwareAddress = 1; // IFLA_ADDRESS
    private const ushort Name = 3; // IFLA_IFNAME
    private const ushort LargestPacket = 4; // IFLA_MTU
    private const ushort Master = 10; // IFLA_MASTER
    private const ushort LinkInfo = 18;
    private const ushort Namespace = 28; // IFLA_NET_NS_FD

    private const byte InterNetwork = 2;
    private const byte Bridge = 7; // AF_BRIDGE
    private const byte Permanent = 0x80; // NUD_PERMANENT
    private const byte Fixed = 0x40; // NUD_NOARP

    /// <summary>A bridge, up, with the first address of the network.</summary>
    public static byte[] Switch(Subnet subnet, int mtu)
    {
        var batch = Link(new(), NewLink, Device, 0, 0, NetlinkBatch.Create | NetlinkBatch.Exclusive)
            .Word(Name, "br0")
            .Number(LargestPacket, (uint)mtu)
            .Bytes(HardwareAddress, HardwareOf(subnet.First + Subnet.Switch))
            .Nest(LinkInfo, static info => info.Word(1, "bridge").Nest(2, static bridge => bridge.Bytes(23, [0]))); // IFLA_BR_MCAST_SNOOPING
        Link(batch, NewLink, Device, Up, Up);
        return Address(batch, subnet, subnet.First + Subnet.Switch).ToArray();
    }

    /// <summary>Removes the port of a member whose host did not live to see its job end.</summary>
    public static byte[] NoPort(Subnet subnet, uint address) => Link(new(), DeleteLink, PortOf(subnet, address), 0, 0).ToArray();

    /// <summary>A port, and the job's eth0 behind it.</summary>
    /// <param name="subnet">The network.</param>
    /// <param name="address">The member's.</param>
    /// <param name="mtu">The largest packet.</param>
    /// <param name="network">The job's network namespace.</param>
    public static byte[] Port(Subnet subnet, uint address, int mtu, SafeFileHandle network)
    {
        var number = network.DangerousGetHandle().ToInt32();
        return Link(new(), NewLink, PortOf(subnet, address), Up, Up, NetlinkBatch.Create | NetlinkBatch.Exclusive)
            .Word(Name, $"port{address - subnet.First}")
            .Number(LargestPacket, (uint)mtu)
            .Number(Master, Device)
            .Nest(LinkInfo, info => info.Word(1, "veth").Nest(2, pair => pair.Nest(1, peer => peer
                .Raw(LinkHeader(Device, NoQuestions, NoQuestions))
                .Word(Name, "eth0")
                .Number(LargestPacket, (uint)mtu)
                .Bytes(HardwareAddress, HardwareOf(address))
                .Number(Namespace, (uint)number)))) // VETH_INFO_PEER
            .ToArray();
    }

    /// <summary>The job's side: its loopback and eth0 up, with its address, and who has which hardware address.</summary>
    public static byte[] Inside(Subnet subnet, uint address)
    {
        var batch = Link(new(), NewLink, Loopback, Up, Up);
        Link(batch, NewLink, Device, Up, Up);
        Address(batch, subnet, address);
        for (var other = subnet.First + Subnet.Switch; other <= subnet.First + Subnet.Last; other++)
        {
            if (other != address)
            {
                Neighbour(batch, other);
            }
        }

        return batch.ToArray();
    }

    /// <summary>Lets the switch forward from and to a port. ENETDOWN: the kernel has not taken notice yet that the job's side is up.</summary>
    /// <remarks>The switch does so by itself a little later; packets until then are lost, and TCP sends the first one again after a second.</remarks>
    public static byte[] Forward(Subnet subnet, uint address) =>
        Link(new(), NewLink, PortOf(subnet, address), 0, 0)
            .Nest(LinkInfo, static info => info.Word(4, "bridge").Nest(5, static rules => rules.Bytes(1, [3]))) // IFLA_BRPORT_STATE: BR_STATE_FORWARDING
            .ToArray();

    /// <summary>How the switch treats a port: it learns nothing there, and sends it no frame that is for nobody.</summary>
    public static byte[] PortRules(Subnet subnet, uint address, bool isIsolated)
    {
        var port = PortOf(subnet, address);
        var batch = Link(new(), NewLink, port, 0, 0)
            .Nest(LinkInfo, info => info.Word(4, "bridge").Nest(5, rules => rules // IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA
                .Bytes(8, [0]) // IFLA_BRPORT_LEARNING
                .Bytes(9, [0]) // IFLA_BRPORT_UNICAST_FLOOD
                .Bytes(33, [isIsolated ? (byte)1 : (byte)0]))); // IFLA_BRPORT_ISOLATED
        Neighbour(batch, address);
        return NeighbourHeader(batch, Bridge, port, Fixed, 4, NetlinkBatch.Create | NetlinkBatch.Replace | NetlinkBatch.Acknowledge) // NTF_MASTER
            .Bytes(2, HardwareOf(address))
            .ToArray();
    }

    private static uint PortOf(Subnet subnet, uint address) => FirstPort + address - subnet.First;

    // Locally administered, as docker's are: two octets and the address.
    private static byte[] HardwareOf(uint address) => [0x02, 0x42, .. Subnet.AddressOf(address).GetAddressBytes()];

    private static NetlinkBatch Link(NetlinkBatch batch, ushort type, uint index, uint flags, uint change, ushort how = 0) =>
        batch.Message(type, (ushort)(NetlinkBatch.Acknowledge | how), LinkHeader(index, flags, change));

    // struct ifinfomsg
    private static byte[] LinkHeader(uint index, uint flags, uint change)
    {
        var header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), index);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), flags);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), change);
        return header;
    }

    // struct ifaddrmsg
    private static NetlinkBatch Address(NetlinkBatch batch, Subnet subnet, uint address) =>
        batch.Message(NewAddress, NetlinkBatch.Acknowledge | NetlinkBatch.Create | NetlinkBatch.Exclusive, [InterNetwork, Subnet.Bits, 0, 0, (byte)Device, 0, 0, 0])
            .Bytes(1, Subnet.AddressOf(address).GetAddressBytes())
            .Bytes(2, Subnet.AddressOf(address).GetAddressBytes())
            .Bytes(4, Subnet.AddressOf(subnet.First + 255).GetAddressBytes()); // IFA_BROADCAST

    // Hundreds of them: only a failure is answered.
    private static void Neighbour(NetlinkBatch batch, uint address) =>
        NeighbourHeader(batch, InterNetwork, Device, Permanent, 0, NetlinkBatch.Create | NetlinkBatch.Replace)
            .Bytes(1, Subnet.AddressOf(address).GetAddressBytes())
            .Bytes(2, HardwareOf(address));

    // struct ndmsg
    private static NetlinkBatch NeighbourHeader(NetlinkBatch batch, byte family, uint index, byte state, byte flags, ushort how) =>
        batch.Message(NewNeighbour, how, [family, 0, 0, 0, (byte)index, (byte)(index >> 8), 0, 0, state, 0, flags, 0]);
}
