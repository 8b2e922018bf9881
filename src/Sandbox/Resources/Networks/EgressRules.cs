using System.Net;
using System.Net.Sockets;

namespace Sandbox.Resources.Networks;

// Both families in the same way. Everything that is not the loopback's leads to lo, as addresses of the job's own; nothing leaves the namespace, which has no
// other device. Of it, TCP and questions to name servers are led to one port of the loopback before anything else sees them, and the rest is refused to whoever
// sends it (EPERM), as a firewall does: without that, a program of the job could listen in the world's place. Two kinds of connections are so
// left: those of the loopback, which nobody tracks, and those to our port, of which the kernel remembers what they were meant for.

/// <summary>What the kernel is told to do with what a job sends (rtnetlink(7), nfnetlink).</summary>
internal static class EgressRules
{
    /// <summary>The port of the job's loopback that everything is led to. It is taken on both loopback addresses before the job runs, without leave to share it (socket(7), SO_REUSEADDR).</summary>
    public const int Port = 53;

    // As many new connections as an ordinary client makes in no time, and more than any goes on to make. The kernel remembers one for up to two minutes after
    // its end (nf_conntrack_tcp_timeout_time_wait), and charges it to nobody.
    private const int Burst = 1000;
    private const int PerSecond = 200;

    private const string Table = "egress";

    private const ushort NewRoute = 24;
    private const ushort RouteOut = 4; // RTA_OIF
    private const ushort RoutePreferredSource = 7; // RTA_PREFSRC
    private const uint Loopback = 1; // the first device of every network namespace

    private const ushort BatchBegin = 16; // NFNL_MSG_BATCH_BEGIN
    private const ushort BatchEnd = 17;
    private const ushort NfTables = 10 << 8; // NFNL_SUBSYS_NFTABLES
    private const ushort NewTable = NfTables;
    private const ushort NewChain = NfTables | 3;
    private const ushort NewRule = NfTables | 6;

    // enum nf_ip_hook_priorities: before connections are tracked, where destinations are changed, and after both.
    private const int Raw = -300;
    private const int DestinationNat = -100;
    private const int Filter = 0;
    private const int PreRouting = 0; // NF_INET_PRE_ROUTING
    private const int LocalOut = 3; // NF_INET_LOCAL_OUT

    private const int Equal = 0; // NFT_CMP_EQ
    private const int NotEqual = 1;

    private const int Drop = 0; // NF_DROP
    private const int Accept = 1;

    /// <summary>The route that makes every address one of the job's own loopback (ip-route(8), "local default dev lo").</summary>
    /// <param name="family">The protocol.</param>
    /// <param name="isLast">It comes after those of other devices: it is in the table main, where the longest prefix wins, and not in the table local, which is asked first (ip-rule(8)).</param>
    public static byte[] Route(AddressFamily family, bool isLast = false)
    {
        // struct rtmsg: the table local or main, a route of type local, set by an administrator, for this host alone
        ReadOnlySpan<byte> header = [FamilyNumber(family), 0, 0, 0, isLast ? (byte)254 : (byte)255, 4, 254, 2, 0, 0, 0, 0];
        return new NetlinkBatch()
            .Message(NewRoute, NetlinkBatch.Acknowledge | NetlinkBatch.Create, header)
            .Number(RouteOut, Loopback)
            .Bytes(RoutePreferredSource, LoopbackOf(family))
            .ToArray();
    }

    /// <summary>The table that leads TCP and questions about names to our port and lets nothing else out (nft(8)).</summary>
    /// <param name="family">The protocol.</param>
    /// <param name="network">A network of jobs that is reached by a device of its own, over IPv4; null for none.</param>
    public static byte[] Redirect(AddressFamily family, Subnet? network = null)
    {
        var batch = new NetlinkBatch();
        Begin(batch, BatchBegin, 0, family: 0, subsystem: NfTables >> 8);
        Begin(batch, NewTable, NetlinkBatch.Create, FamilyNumber(family)).Word(1, Table).NetNumber(2, 0);
        Chain(batch, family, "own", "filter", Raw, Accept);
        Chain(batch, family, "redirect", "nat", DestinationNat, Accept);
        Chain(batch, family, "closed", "filter", Filter, Drop);
        Rule(batch, family, "own", static (rule, of) =>
        {
            ToLoopback(rule, of, Equal);
            Compare(Transport(rule, 0), NotEqual, PortBytes(Port));
            Compare(Transport(rule, 2), NotEqual, PortBytes(Port));
            Expression(rule, "notrack", static _ => { });
        });
        if (network is { } jobs)
        {
            PassNetwork(batch, family, jobs);
        }

        Rule(batch, family, "redirect", static (rule, of) =>
        {
            ToLoopback(rule, of, NotEqual);
            OfProtocol(rule, 6);
            ToOurPort(rule);
        });
        Rule(batch, family, "redirect", static (rule, of) =>
        {
            ToLoopback(rule, of, NotEqual);
            OfProtocol(rule, 17);
            Compare(Transport(rule, 2), Equal, PortBytes(53));
            ToOurPort(rule);
        });
        Rule(batch, family, "closed", static (rule, _) =>
        {
            New(rule);
            Expression(rule, "limit", static over => over.NetLong(1, PerSecond).NetLong(2, 1).NetNumber(3, Burst).NetNumber(5, 1)); // a second; NFT_LIMIT_F_INV
            Verdict(rule, Drop);
        });
        Rule(batch, family, "closed", static (rule, of) =>
        {
            ToLoopback(rule, of, Equal);
            Verdict(rule, Accept);
        });
        Begin(batch, BatchEnd, 0, family: 0, subsystem: NfTables >> 8);
        return batch.ToArray();
    }

    // Other jobs are not the world: nobody tracks what goes to and fro, of which they could make any number of entries.
    private static void PassNetwork(NetlinkBatch batch, AddressFamily family, Subnet network)
    {
        Chain(batch, family, "network", "filter", Raw, Accept, PreRouting);
        Rule(batch, family, "network", (rule, _) =>
        {
            OfNetwork(rule, network, source: true);
            Expression(rule, "notrack", static _ => { });
        });
        Rule(batch, family, "own", (rule, _) =>
        {
            OfNetwork(rule, network, source: false);
            Expression(rule, "notrack", static _ => { });
        });
        // By an address of the network only: with the route that leads everything here, every other address is one that may be bound, too.
        foreach (var chain in (string[])["redirect", "closed"])
        {
            Rule(batch, family, chain, (rule, _) =>
            {
                OfNetwork(rule, network, source: false);
                OfNetwork(rule, network, source: true);
                Verdict(rule, Accept);
            });
        }
    }

    private static void OfNetwork(NetlinkBatch rule, Subnet network, bool source)
    {
        Load(rule, layer: 1, offset: source ? 12 : 16, length: 3);
        Compare(rule, Equal, Subnet.AddressOf(network.First).GetAddressBytes()[..3]);
    }

    private static byte FamilyNumber(AddressFamily family) => family == AddressFamily.InterNetwork ? (byte)2 : (byte)10;

    private static byte[] LoopbackOf(AddressFamily family) => (family == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback).GetAddressBytes();

    private static byte[] PortBytes(int port) => [(byte)(port >> 8), (byte)port];

    // struct nfgenmsg: family, version 0, and the subsystem that a batch is for
    private static NetlinkBatch Begin(NetlinkBatch batch, ushort type, ushort flags, byte family, int subsystem = 0) =>
        batch.Message(type, (ushort)(type is BatchBegin or BatchEnd ? 0 : NetlinkBatch.Acknowledge | flags), [family, 0, (byte)(subsystem >> 8), (byte)subsystem]);

    private static void Chain(NetlinkBatch batch, AddressFamily family, string name, string type, int priority, int policy, int hook = LocalOut) =>
        Begin(batch, NewChain, NetlinkBatch.Create, FamilyNumber(family))
            .Word(1, Table)
            .Word(3, name)
            .Nest(4, place => place.NetNumber(1, hook).NetNumber(2, priority))
            .NetNumber(5, policy)
            .Word(7, type);

    private static void Rule(NetlinkBatch batch, AddressFamily family, string chain, Action<NetlinkBatch, AddressFamily> expressions) =>
        Begin(batch, NewRule, NetlinkBatch.Create | NetlinkBatch.Append, FamilyNumber(family))
            .Word(1, Table)
            .Word(2, chain)
            .Nest(4, rule => expressions(rule, family));

    private static NetlinkBatch Expression(NetlinkBatch rule, string name, Action<NetlinkBatch> content) =>
        rule.Nest(1, element =>
        {
            element.Word(1, name);
            if (name != "notrack")
            {
                element.Nest(2, content);
            }
        });

    // Everything goes by way of the first register.
    private static void ToLoopback(NetlinkBatch rule, AddressFamily family, int how)
    {
        if (family == AddressFamily.InterNetwork)
        {
            Load(rule, layer: 1, offset: 16, length: 4);
            Expression(rule, "bitwise", static mask => mask.NetNumber(1, 1).NetNumber(2, 1).NetNumber(3, 4).Nest(4, static value => value.Bytes(1, [255, 0, 0, 0])).Nest(5, static value => value.Bytes(1, [0, 0, 0, 0])));
            Compare(rule, how, [127, 0, 0, 0]);
            return;
        }

        Compare(Load(rule, layer: 1, offset: 24, length: 16), how, LoopbackOf(family));
    }

    private static NetlinkBatch Transport(NetlinkBatch rule, int offset) => Load(rule, layer: 2, offset, length: 2);

    private static NetlinkBatch Load(NetlinkBatch rule, int layer, int offset, int length) =>
        Expression(rule, "payload", load => load.NetNumber(1, 1).NetNumber(2, layer).NetNumber(3, offset).NetNumber(4, length));

    private static void OfProtocol(NetlinkBatch rule, byte protocol)
    {
        Expression(rule, "meta", static load => load.NetNumber(1, 1).NetNumber(2, 16)); // NFT_META_L4PROTO
        Compare(rule, Equal, [protocol]);
    }

    private static void New(NetlinkBatch rule)
    {
        Expression(rule, "ct", static state => state.NetNumber(1, 1).NetNumber(2, 0)); // NFT_CT_STATE
        Expression(rule, "bitwise", static mask => mask.NetNumber(1, 1).NetNumber(2, 1).NetNumber(3, 4).Nest(4, static value => value.Number(1, 8)).Nest(5, static value => value.Number(1, 0))); // NF_CT_STATE_BIT(IP_CT_NEW)
        Compare(rule, NotEqual, [0, 0, 0, 0]);
    }

    private static void Compare(NetlinkBatch rule, int how, byte[] value) =>
        Expression(rule, "cmp", compare => compare.NetNumber(1, 1).NetNumber(2, how).Nest(3, data => data.Bytes(1, value)));

    private static void ToOurPort(NetlinkBatch rule)
    {
        Expression(rule, "immediate", static set => set.NetNumber(1, 1).Nest(2, static data => data.Bytes(1, PortBytes(Port))));
        Expression(rule, "redir", static to => to.NetNumber(1, 1).NetNumber(2, 1).NetNumber(3, 2)); // NF_NAT_RANGE_PROTO_SPECIFIED
    }

    private static void Verdict(NetlinkBatch rule, int verdict) =>
        Expression(rule, "immediate", set => set.NetNumber(1, 0).Nest(2, data => data.Nest(2, code => code.NetNumber(1, verdict))));
}
