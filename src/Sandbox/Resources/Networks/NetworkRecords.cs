using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Sandbox.Resources.Networks;

/// <summary>What the holder of a network is asked (native/launcher/members.h).</summary>
internal enum NetworkAsk : uint
{
    /// <summary>To hold one, by its starter.</summary>
    Hold = 1,

    /// <summary>To have a place in it; the answer carries its namespaces.</summary>
    Join,

    /// <summary>To tell others of the asker, who can be reached.</summary>
    Ready,

    /// <summary>Who has a name.</summary>
    Find,

    /// <summary>What it is.</summary>
    Show,

    /// <summary>Who has a number.</summary>
    Member,

    /// <summary>To end.</summary>
    End,

    /// <summary>To let others join namespaces of the asker, which come along.</summary>
    Share,

    /// <summary>To know the asker by another name, too.</summary>
    Call,

    /// <summary>For namespaces of a member.</summary>
    Use,
}

/// <summary>Flags of networks and of members.</summary>
[Flags]
internal enum NetworkFlags : uint
{
    None = 0,

    /// <summary>Of a network: it does not end with its last member.</summary>
    Kept = 1,

    /// <summary>Of a member: it reaches no other one that is isolated.</summary>
    Isolated = 2,

    /// <summary>The network namespace of a member.</summary>
    OfNetwork = 4,

    /// <summary>The IPC namespace of a member.</summary>
    OfIpc = 8,
}

/// <summary>One question.</summary>
internal readonly record struct NetworkQuestion(NetworkAsk Ask)
{
    /// <summary>In octets.</summary>
    public const int LongestName = 63;

    private const int Bytes = 80;
    private const int NameAt = 16;
    private const int MtuShift = 16;

    /// <summary>The address that is wanted, or the subnet's; null for any.</summary>
    public IPAddress? Address { get; init; }

    public NetworkFlags Flags { get; init; }

    /// <summary>Of a network that is to be held, in bytes.</summary>
    public int Mtu { get; init; }

    public uint Number { get; init; }

    public string? Name { get; init; }

    /// <summary>As the holder reads it.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)Ask);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Address is null ? 0 : Subnet.NumberOf(Address));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)Flags | ((uint)Mtu << MtuShift));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), Number);
        Encoding.ASCII.GetBytes(Name ?? "", bytes.AsSpan(NameAt, Bytes - NameAt - 1));
        return bytes;
    }
}

/// <summary>One answer.</summary>
internal readonly record struct NetworkAnswer
{
    /// <summary>The size of every answer.</summary>
    public const int Bytes = 96;

    private const int NameAt = 32;

    /// <summary>Why it is refused; 0 if it is not.</summary>
    public required int Error { get; init; }

    public required IPAddress Address { get; init; }

    public required NetworkFlags Flags { get; init; }

    public required int Number { get; init; }

    public required Subnet Subnet { get; init; }

    /// <summary>Of the network, in bytes.</summary>
    public required int Mtu { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>Empty for none.</summary>
    public required string Name { get; init; }

    /// <summary>Reads one.</summary>
    public static NetworkAnswer Read(ReadOnlySpan<byte> bytes) => new()
    {
        Error = BinaryPrimitives.ReadInt32LittleEndian(bytes),
        Address = Subnet.AddressOf(BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])),
        Flags = (NetworkFlags)BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
        Number = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
        Subnet = new(BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..])),
        Mtu = BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]) is > 0 and var mtu ? mtu : Subnet.UsualMtu,
        Since = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64LittleEndian(bytes[24..])),
        Name = Encoding.ASCII.GetString(bytes[NameAt..Bytes]).TrimEnd('\0'),
    };
}

/// <summary>The addresses of a network: 256 of them, of which the first and the last are no host's.</summary>
/// <param name="First">The first of them, as a number.</param>
internal readonly record struct Subnet(uint First)
{
    /// <summary>Bits of an address that are the network's.</summary>
    public const int Bits = 24;

    /// <summary>The largest packet, in bytes, that a network carries which is told nothing else.</summary>
    public const int UsualMtu = 1500;

    /// <summary>The smallest that it may be told: what every host has to take (RFC 791), and TCP gets along with.</summary>
    public const int LeastMtu = 576;

    /// <summary>The largest: a packet of IPv4.</summary>
    public const int MostMtu = 65535;

    /// <summary>The address of the switch itself.</summary>
    public const uint Switch = 1;

    /// <summary>The last byte of the last member.</summary>
    public const uint Last = 254;

    /// <summary>What a network has that is given none.</summary>
    public static Subnet Usual { get; } = new((10u << 24) | (89u << 16));

    /// <summary>Reads one such as <c>10.89.0.0/24</c>; null if it is none.</summary>
    public static Subnet? Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && text[(slash + 1)..] == "24" && Strict(text[..slash]) is { } address && IsPrivate(address) && (address & 0xff) == 0 ? new(address) : null;
    }

    /// <summary>An address of IPv4 in its usual form; null if it is none.</summary>
    public static uint? Strict(string text) => IPAddress.TryParse(text, out var address) && address.GetAddressBytes().Length == 4 && address.ToString() == text ? NumberOf(address) : null;

    /// <summary>An address as a number.</summary>
    public static uint NumberOf(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    /// <summary>A number as an address.</summary>
    public static IPAddress AddressOf(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }

    /// <summary>The address of the switch.</summary>
    public IPAddress Gateway => AddressOf(First + Switch);

    /// <inheritdoc/>
    public override string ToString() => $"{AddressOf(First)}/{Bits}";

    // What job and host have in common is never among these: nothing is routed out of a network of jobs.
    private static bool IsPrivate(uint address) => address >> 24 == 10 || address >> 20 == (172u << 4 | 1) || address >> 16 == (192u << 8 | 168);
}
