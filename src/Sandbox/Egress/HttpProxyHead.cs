using System.Globalization;
using System.Net;
using System.Text;

namespace Sandbox.Egress;

// The strictest of what RFC 9110 and 9112 allow: whoever reads a request otherwise than the server behind can be made to let something through. Lines end with CR LF, the
// line of the request has two single spaces, and no line has a character that is none.

/// <summary>Reads the head of a request to an HTTP proxy: CONNECT, or a request with a whole http URL.</summary>
internal static class HttpProxyHead
{
    /// <summary>The longest head, and what comes right behind it.</summary>
    public const int Most = 8 << 10;

    private const string Scheme = "http://";
    private const int UsualPort = 80;

    // Of this connection alone (RFC 9110, section 7.6.1), and Host, which is the proxy's to say (RFC 9112, section 3.2.2).
    private static readonly string[] s_own = ["host", "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "upgrade"];

    /// <summary>Looks at all bytes that came so far.</summary>
    /// <param name="bytes">From the first on.</param>
    /// <param name="request">What is asked for, once it is whole.</param>
    public static ProxyRequestState Read(ReadOnlyMemory<byte> bytes, out ProxyRequest request)
    {
        request = default;
        var end = bytes.Span.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return bytes.Length < Most ? ProxyRequestState.Incomplete : ProxyRequestState.Broken;
        }

        var lines = Encoding.Latin1.GetString(bytes.Span[..end]).Split("\r\n");
        if (!lines.All(IsText) || lines[0].Split(' ') is not [var method, var target, "HTTP/1.1" or "HTTP/1.0"] || !lines.Skip(1).All(IsField))
        {
            return ProxyRequestState.Broken;
        }

        return method == "CONNECT" ? ReadTunnel(target, bytes[(end + 4)..], out request) : ReadForward(method, target, lines, bytes[(end + 4)..], out request);
    }

    private static ProxyRequestState ReadTunnel(string target, ReadOnlyMemory<byte> rest, out ProxyRequest request)
    {
        request = default;
        if (!TrySplit(target, null, out var host, out var port))
        {
            return ProxyRequestState.Broken;
        }

        request = new(host, port, rest, IsTunnel: true);
        return ProxyRequestState.Whole;
    }

    // One request for each connection: the next one may be for another host, and the server is asked to close so that the client does not send it here.
    private static ProxyRequestState ReadForward(string method, string target, string[] lines, ReadOnlyMemory<byte> rest, out ProxyRequest request)
    {
        request = default;
        if (method.Length == 0 || !method.All(char.IsAsciiLetterUpper) || !target.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return ProxyRequestState.Broken;
        }

        var after = target[Scheme.Length..];
        var path = after.IndexOfAny(['/', '?', '#']);
        var authority = path < 0 ? after : after[..path];
        if (!TrySplit(authority, UsualPort, out var host, out var port))
        {
            return ProxyRequestState.Broken;
        }

        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{method} {(path < 0 ? "/" : after[path] == '/' ? after[path..] : "/" + after[path..])} {lines[0].Split(' ')[2]}\r\nHost: {authority}\r\n");
        foreach (var line in lines.Skip(1).Where(static line => !s_own.Contains(line[..line.IndexOf(':', StringComparison.Ordinal)], StringComparer.OrdinalIgnoreCase)))
        {
            head.Append(line).Append("\r\n");
        }

        request = new(host, port, (byte[])[.. Encoding.Latin1.GetBytes(head.Append("Connection: close\r\n\r\n").ToString()), .. rest.Span], IsTunnel: false);
        return ProxyRequestState.Whole;
    }

    private static bool IsText(string line) => line.All(static letter => letter is '\t' or (>= ' ' and not '\x7f'));

    private static bool IsField(string line) =>
        line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 && line.AsSpan(0, colon).IndexOfAnyExceptInRange('!', '~') < 0;

    // host:port; an address of IPv6 is in brackets. Nobody is named before an @.
    private static bool TrySplit(string authority, int? usual, out string host, out int port)
    {
        (host, port) = ("", usual ?? 0);
        var bracket = authority.StartsWith('[') ? authority.IndexOf(']', StringComparison.Ordinal) : -1;
        var colon = authority.IndexOf(':', bracket + 1);
        host = bracket < 0 ? authority[..(colon < 0 ? authority.Length : colon)] : authority[1..bracket];
        if (host.Length == 0 || host.Contains('@', StringComparison.Ordinal) || (bracket >= 0 && (colon < 0 ? authority.Length : colon) != bracket + 1) || (bracket < 0 && authority[0] == '['))
        {
            return false;
        }

        return colon < 0 ? usual is not null
            : authority[(colon + 1)..] is { Length: >= 1 and <= 5 } digits && digits[0] != '0' && digits.All(char.IsAsciiDigit) && (port = int.Parse(digits, CultureInfo.InvariantCulture)) <= IPEndPoint.MaxPort;
    }
}
