using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sandbox.Egress;

/// <summary>Addresses with the same first bits, such as 10.0.0.0/8.</summary>
/// <param name="First">The lowest of them; all bits after the first ones are 0.</param>
/// <param name="Length">How many bits they share.</param>
internal readonly record struct AddressBlock(IPAddress First, int Length)
{
    /// <summary>Reads a block in the notation of RFC 4632 and RFC 4291: only whole, canonical addresses, so that no text has two meanings.</summary>
    /// <param name="text">An address, or one with a slash and a length.</param>
    /// <param name="block">The block.</param>
    /// <returns>What is wrong with it; null for nothing. Empty if it does not look like an address at all.</returns>
    public static string? Parse(string text, out AddressBlock block)
    {
        block = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var address = slash < 0 ? text : text[..slash];
        if (ParseAddress(address) is not { } first)
        {
            return slash < 0 && !address.Contains(':', StringComparison.Ordinal) && address.Length > 0 && !char.IsAsciiDigit(address[0]) ? "" : $"{DisplayText.Quote(address)} is no address: write IPv4 as four decimal numbers, and IPv6 without a zone";
        }

        var most = first.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var length = most;
        if (slash >= 0 && (!IsDecimal(text[(slash + 1)..]) || !int.TryParse(text[(slash + 1)..], out length) || length > most))
        {
            return $"the length after / must be from 0 to {most}";
        }

        block = new(Masked(first, length), length);
        return block.First.Equals(first) ? null : $"has bits beyond its length: write {block}";
    }

    /// <summary>Whether an address is one of them.</summary>
    public bool Contains(IPAddress address) => address.AddressFamily == First.AddressFamily && Masked(address, Length).Equals(First);

    /// <summary>Whether all of another block are.</summary>
    public bool Contains(AddressBlock other) => other.Length >= Length && Contains(other.First);

    /// <summary>As it is written.</summary>
    public override string ToString() => Length == (First.AddressFamily == AddressFamily.InterNetwork ? 32 : 128) ? First.ToString() : $"{First}/{Length}";

    // IPAddress.Parse takes "10", "0x7f.1" and "010.0.0.1" for addresses, as inet_aton(3) does.
    private static IPAddress? ParseAddress(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal) && IPAddress.TryParse(text, out var long6) && long6.AddressFamily == AddressFamily.InterNetworkV6 ? long6 : null;
        }

        Span<byte> bytes = stackalloc byte[4];
        var parts = text.Split('.');
        if (parts.Length != 4)
        {
            return null;
        }

        for (var index = 0; index < 4; index++)
        {
            if (!IsDecimal(parts[index]) || !byte.TryParse(parts[index], out bytes[index]))
            {
                return null;
            }
        }

        return new IPAddress(bytes);
    }

    private static bool IsDecimal(string text) => text is "0" || (text.Length is > 0 and < 6 && text[0] != '0' && text.All(char.IsAsciiDigit));

    private static IPAddress Masked(IPAddress address, int length)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out var count);
        if (count == 4)
        {
            var word = BinaryPrimitives.ReadUInt32BigEndian(bytes);
            BinaryPrimitives.WriteUInt32BigEndian(bytes, length == 0 ? 0 : word & (uint.MaxValue << (32 - length)));
        }
        else
        {
            var word = BinaryPrimitives.ReadUInt128BigEndian(bytes);
            BinaryPrimitives.WriteUInt128BigEndian(bytes, length == 0 ? 0 : word & (UInt128.MaxValue << (128 - length)));
        }

        return new IPAddress(bytes[..count]);
    }
}
