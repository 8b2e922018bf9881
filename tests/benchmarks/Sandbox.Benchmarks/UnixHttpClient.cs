using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sandbox.Benchmarks;

/// <summary>Just enough of HTTP/1.1 on a connection that is kept: what is measured is the server.</summary>
internal sealed class UnixHttpClient : IDisposable
{
    private readonly Socket _socket;
    private readonly string _host;
    private readonly byte[] _answer = new byte[1 << 20];

    public UnixHttpClient(string path)
    {
        (_socket, _host) = (new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), "localhost");
        _socket.Connect(new UnixDomainSocketEndPoint(path));
    }

    /// <summary>The same by TCP.</summary>
    public UnixHttpClient(IPEndPoint place)
    {
        (_socket, _host) = (new(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }, place.ToString());
        _socket.Connect(place);
    }

    /// <summary>Sends a body and returns head and body of the answer, chunks and all.</summary>
    public string Post(string target, byte[] body)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"POST {target} HTTP/1.1\r\nHost: {_host}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"));
        var request = (byte[])[.. head, .. body];
        for (var sent = 0; sent < request.Length;)
        {
            sent += _socket.Send(request.AsSpan(sent));
        }

        var size = 0;
        while (true)
        {
            var read = _socket.Receive(_answer.AsSpan(size));
            size += read;
            if (read == 0 || IsWhole(_answer.AsSpan(0, size)))
            {
                return Encoding.UTF8.GetString(_answer.AsSpan(0, size));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var length = answer.IndexOf("Content-Length: "u8);
        if (length < 0 || length > end)
        {
            return answer.EndsWith("\r\n0\r\n\r\n"u8);
        }

        var digits = answer[(length + 16)..];
        return answer.Length - end - 4 >= int.Parse(digits[..digits.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
    }
}
