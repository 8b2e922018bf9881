using System.Buffers.Binary;
using System.Text;

namespace Sandbox.Egress;

/// <summary>What the first bytes of a client say of whom it wants to talk to.</summary>
internal enum FirstBytesState
{
    /// <summary>More are needed to tell.</summary>
    Incomplete,

    /// <summary>They name a host.</summary>
    Named,

    /// <summary>They name nobody: another protocol, or one of these without a name.</summary>
    Unnamed,

    /// <summary>They are of a protocol that names hosts, and cannot be read.</summary>
    Broken,
}

/// <summary>Reads the name out of the first bytes of TLS (RFC 6066, section 3) and HTTP/1 (RFC 9112, section 3.2).</summary>
internal static class FirstBytes
{
    /// <summary>A client that has sent more, and has still not said it, is not waited for.</summary>
    public const int Most = 16 << 10;

    private const byte Handshake = 22;
    private const byte ClientHello = 1;
    private const int RecordHeader = 5;
    private const int LongestRecord = (1 << 14) + 256;

    private static readonly string[] s_methods = ["GET ", "POST ", "HEAD ", "PUT ", "OPTIONS ", "DELETE ", "PATCH ", "CONNECT ", "TRACE "];

    /// <summary>Looks at all bytes that came so far.</summary>
    /// <param name="bytes">From the first on.</param>
    /// <param name="name">The host's name or address as the client wrote it, without a port; null unless it is named.</param>
    public static FirstBytesState Read(ReadOnlySpan<byte> bytes, out string? name)
    {
        name = null;
        if (bytes.IsEmpty)
        {
            return FirstBytesState.Incomplete;
        }

        return bytes[0] == Handshake ? ReadTls(bytes, out name)
            : LooksLikeHttp(bytes, out var isWhole) ? (isWhole ? ReadHttp(bytes, out name) : FirstBytesState.Incomplete)
            : FirstBytesState.Unnamed;
    }

    // A ClientHello may be in several records, and each of them in several packets.
    private static FirstBytesState ReadTls(ReadOnlySpan<byte> bytes, out string? name)
    {
        name = null;
        Span<byte> hello = new byte[bytes.Length];
        var length = 0;
        while (bytes.Length > 0)
        {
            // What is no record of TLS 1.x is another protocol that begins with the same byte.
            if (bytes[0] != Handshake || (bytes.Length > 1 && bytes[1] != 3))
            {
                return length == 0 ? FirstBytesState.Unnamed : FirstBytesState.Broken;
            }

            if (bytes.Length < RecordHeader)
            {
                return FirstBytesState.Incomplete;
            }

            int size = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            if (size is 0 or > LongestRecord)
            {
                return FirstBytesState.Broken;
            }

            var part = bytes[RecordHeader..Math.Min(bytes.Length, RecordHeader + size)];
            part.CopyTo(hello[length..]);
            length += part.Length;
            if (length >= 4 && (hello[0] != ClientHello || (hello[1] << 16 | hello[2] << 8 | hello[3]) is var whole && length >= whole + 4))
            {
                return hello[0] == ClientHello ? ReadHello(hello[4..length], out name) : FirstBytesState.Broken;
            }

            bytes = bytes[Math.Min(bytes.Length, RecordHeader + size)..];
        }

        return FirstBytesState.Incomplete;
    }

    private static FirstBytesState ReadHello(ReadOnlySpan<byte> hello, out string? name)
    {
        name = null;
        var rest = hello;
        if (!Skip(ref rest, 2 + 32) || !Take(ref rest, 1, out _) || !Take(ref rest, 2, out _) || !Take(ref rest, 1, out _))
        {
            return FirstBytesState.Broken;
        }

        if (rest.IsEmpty)
        {
            return FirstBytesState.Unnamed; // no extensions
        }

        if (!Take(ref rest, 2, out var extensions))
        {
            return FirstBytesState.Broken;
        }

        while (!extensions.IsEmpty)
        {
            var type = extensions.Length < 2 ? -1 : BinaryPrimitives.ReadUInt16BigEndian(extensions);
            if (!Skip(ref extensions, 2) || !Take(ref extensions, 2, out var content))
            {
                return FirstBytesState.Broken;
            }

            if (type == 0)
            {
                return ReadServerName(content, out name);
            }
        }

        return FirstBytesState.Unnamed;
    }

    // One list, and in it one name of the type host_name.
    private static FirstBytesState ReadServerName(ReadOnlySpan<byte> content, out string? name)
    {
        name = null;
        if (!Take(ref content, 2, out var list) || list.IsEmpty || list[0] != 0 || !Skip(ref list, 1) || !Take(ref list, 2, out var host) || !list.IsEmpty || !content.IsEmpty || host.IsEmpty)
        {
            return FirstBytesState.Broken;
        }

        name = Encoding.Latin1.GetString(host);
        return FirstBytesState.Named;
    }

    private static bool LooksLikeHttp(ReadOnlySpan<byte> bytes, out bool isWhole)
    {
        isWhole = false;
        foreach (var method in s_methods)
        {
            var length = Math.Min(method.Length, bytes.Length);
            if (Encoding.ASCII.GetString(bytes[..length]) == method[..length])
            {
                isWhole = length == method.Length;
                return true;
            }
        }

        return false;
    }

    // Where the target names a host, it counts and not Host (RFC 9112, section 3.2.2); a request with two names is one that servers have to refuse.
    private static FirstBytesState ReadHttp(ReadOnlySpan<byte> bytes, out string? name)
    {
        name = null;
        var (isFirst, hasHost) = (true, false);
        string? named = null;
        while (bytes.IndexOf((byte)'\n') is var end and >= 0)
        {
            var line = Encoding.Latin1.GetString(bytes[..end].TrimEnd((byte)'\r'));
            bytes = bytes[(end + 1)..];
            if (line.Length == 0)
            {
                name = named;
                return named is null ? FirstBytesState.Unnamed : FirstBytesState.Named;
            }

            if (isFirst)
            {
                named = OfTarget(line);
                isFirst = false;
            }
            else if (line.StartsWith("host:", StringComparison.OrdinalIgnoreCase))
            {
                var host = WithoutPort(line["host:".Length..].Trim(' ', '\t'));
                if (hasHost || (named is not null && !string.Equals(host, named, StringComparison.OrdinalIgnoreCase)))
                {
                    return FirstBytesState.Broken;
                }

                (hasHost, named) = (true, host);
            }
        }

        return FirstBytesState.Incomplete;
    }

    private static string? OfTarget(string line)
    {
        var words = line.Split(' ');
        if (words.Length < 2 || words[0] == "CONNECT" || words[1].IndexOf("://", StringComparison.Ordinal) is not (var scheme and >= 0))
        {
            return null;
        }

        var authority = words[1][(scheme + 3)..].Split('/', '?', '#')[0];
        return WithoutPort(authority[(authority.LastIndexOf('@') + 1)..]);
    }

    private static string WithoutPort(string host)
    {
        if (host.StartsWith('[') && host.IndexOf(']', StringComparison.Ordinal) is var close and > 0)
        {
            return host[1..close];
        }

        var colon = host.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? host : host[..colon];
    }

    private static bool Skip(ref ReadOnlySpan<byte> rest, int count)
    {
        var fits = rest.Length >= count;
        rest = fits ? rest[count..] : rest;
        return fits;
    }

    // A length of one or two bytes, and as many bytes.
    private static bool Take(ref ReadOnlySpan<byte> rest, int width, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (rest.Length < width)
        {
            return false;
        }

        int length = width == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (rest.Length < width + length)
        {
            return false;
        }

        taken = rest.Slice(width, length);
        rest = rest[(width + length)..];
        return true;
    }
}
