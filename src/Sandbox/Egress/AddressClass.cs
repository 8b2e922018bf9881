using System.Net;
using System.Net.Sockets;

namespace Sandbox.Egress;

/// <summary>What kind of addresses one is of, as far as it matters to whether a job may reach it.</summary>
internal enum AddressClass
{
    /// <summary>One of the internet at large.</summary>
    Public,

    /// <summary>One of the networks of a house, a provider or a cloud, the host's own among them: only where a rule names it by its address.</summary>
    Special,

    /// <summary>The loopback, no address at all, many addresses at once, or one that in a job stands for a name: never.</summary>
    Never,
}

// RFC 6890 and the IANA registries of special-purpose addresses. What carries an IPv4 address is of the kind of that one: a packet to it may be
// sent on to there by a translator. (RFC 4291 2.5.5, RFC 6052, RFC 3056.)

/// <summary>The kinds of addresses.</summary>
internal static class AddressClasses
{
    private static readonly (AddressBlock Block, AddressClass Class, string Name)[] s_blocks =
    [
        Of("0.0.0.0/8", AddressClass.Never, "no address of a host"),
        Of("127.0.0.0/8", AddressClass.Never, "the loopback"),
        Of("224.0.0.0/4", AddressClass.Never, "multicast"),
        Of("255.255.255.255", AddressClass.Never, "broadcast"),
        Of("198.18.0.0/15", AddressClass.Never, "in a job the address of a name"),
        Of("::", AddressClass.Never, "no address of a host"),
        Of("::1", AddressClass.Never, "the loopback"),
        Of("ff00::/8", AddressClass.Never, "multicast"),
        Of("64:ff9b:1::/48", AddressClass.Never, "in a job the address of a name"),
        Of("2001::/32", AddressClass.Never, "Teredo"),
        Of("10.0.0.0/8", AddressClass.Special, "private"),
        Of("172.16.0.0/12", AddressClass.Special, "private"),
        Of("192.168.0.0/16", AddressClass.Special, "private"),
        Of("100.64.0.0/10", AddressClass.Special, "private to a provider"),
        Of("169.254.0.0/16", AddressClass.Special, "link-local"),
        Of("192.0.0.0/24", AddressClass.Special, "reserved"),
        Of("192.88.99.0/24", AddressClass.Special, "reserved"),
        Of("192.0.2.0/24", AddressClass.Special, "for documentation"),
        Of("198.51.100.0/24", AddressClass.Special, "for documentation"),
        Of("203.0.113.0/24", AddressClass.Special, "for documentation"),
        Of("240.0.0.0/4", AddressClass.Special, "reserved"),
        Of("fc00::/7", AddressClass.Special, "private"),
        Of("fe80::/10", AddressClass.Special, "link-local"),
        Of("fec0::/10", AddressClass.Special, "site-local"),
        Of("100::/64", AddressClass.Special, "reserved"),
        Of("2001:db8::/32", AddressClass.Special, "for documentation"),
        Of("3fff::/20", AddressClass.Special, "for documentation"),
    ];

    private static readonly AddressBlock s_mapped = Of("::ffff:0:0/96", default, "").Block;
    private static readonly AddressBlock s_compatible = Of("::/96", default, "").Block;
    private static readonly AddressBlock s_translated = Of("64:ff9b::/96", default, "").Block;
    private static readonly AddressBlock s_6to4 = Of("2002::/16", default, "").Block;

    /// <summary>The kind of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="name">The kind in words, such as <c>private</c>.</param>
    public static AddressClass Of(IPAddress address, out string name)
    {
        foreach (var (block, kind, word) in s_blocks)
        {
            if (block.Contains(address))
            {
                name = word;
                return kind;
            }
        }

        name = "public";
        return address.AddressFamily == AddressFamily.InterNetworkV6 && Carried(address) is { } carried ? Of(carried, out name) : AddressClass.Public;
    }

    /// <summary>An address as a packet to it has it: one of IPv4 that is written as one of IPv6 is one of IPv4 (RFC 4291, section 2.5.5.2).</summary>
    public static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Whether all addresses of a block are of one entry of the table, whose kind it is; null if they are of several.</summary>
    public static AddressClass? Of(AddressBlock block, out string name)
    {
        foreach (var (entry, kind, word) in s_blocks)
        {
            if (entry.Contains(block))
            {
                name = word;
                return kind;
            }
        }

        name = "";
        return Array.Exists(s_blocks, entry => block.Contains(entry.Block)) || (Carries(block.First) && block.Length < 128) ? null : Of(block.First, out name);
    }

    private static IPAddress? Carried(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out _);
        return s_6to4.Contains(address) ? new IPAddress(bytes[2..6]) : Carries(address) ? new IPAddress(bytes[12..]) : null;
    }

    private static bool Carries(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && (s_mapped.Contains(address) || s_compatible.Contains(address) || s_translated.Contains(address) || s_6to4.Contains(address));

    private static (AddressBlock Block, AddressClass Class, string Name) Of(string text, AddressClass kind, string name) =>
        AddressBlock.Parse(text, out var block) is null ? (block, kind, name) : throw new FormatException(text);
}
