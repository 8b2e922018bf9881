using System.Buffers.Binary;
using System.Net;

namespace Sandbox.Egress;

// Each name that a job looks up gets an address that stands for it in this job and nowhere else. So whoever connects to that address means that name,
// whatever other names live at the address it really has; and which of the real addresses is dialled, and over which protocol, is decided where they can be tried.

/// <summary>The names that one job has looked up, and the addresses that stand for them in it. From any thread.</summary>
internal sealed class NameTable
{
    /// <summary>Names of one job. More are answered as if their servers had failed.</summary>
    public const int Most = 4096;

    private const uint First = (198u << 24) | (18u << 16); // 198.18.0.0/15: for tests within one network (RFC 2544), never of the internet

    // 64:ff9b:1::/48: for translation within one network (RFC 8215); the last 32 bits are the address of IPv4.
    private static readonly UInt128 s_first6 = (UInt128)0x0064ff9b0001ffff << 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, uint> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    /// <summary>The addresses that stand for a name, the same whenever it is asked for; null once there are too many.</summary>
    public (IPAddress V4, IPAddress V6)? AddressesOf(string name)
    {
        lock (_lock)
        {
            if (!_numbers.TryGetValue(name, out var number))
            {
                if (_names.Count == Most)
                {
                    return null;
                }

                _names.Add(name);
                _numbers.Add(name, number = (uint)_names.Count);
            }

            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteUInt128BigEndian(bytes, s_first6 | (First + number));
            return (new IPAddress(bytes[12..]), new IPAddress(bytes));
        }
    }

    /// <summary>Whether an address is one that could stand for a name.</summary>
    /// <param name="address">The address.</param>
    /// <param name="name">The name; null if it stands for none.</param>
    public bool IsOfName(IPAddress address, out string? name)
    {
        name = null;
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out var count);
        if (count == 16 && BinaryPrimitives.ReadUInt128BigEndian(bytes) >> 32 != s_first6 >> 32)
        {
            return false;
        }

        var number = BinaryPrimitives.ReadUInt32BigEndian(bytes[(count - 4)..]) - First;
        if (number > 0x1ffff)
        {
            return false;
        }

        lock (_lock)
        {
            name = number >= 1 && number <= _names.Count ? _names[(int)number - 1] : null;
        }

        return true;
    }
}
