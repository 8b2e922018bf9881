using System.Text;
using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>Whom a client wants is read out of its first bytes as servers read it, however they are cut, or not at all.</summary>
public sealed class FirstBytesTests
{
    [Fact]
    public void The_name_of_a_ClientHello_is_found_however_it_is_cut()
    {
        foreach (var records in (int[])[1, 2, 5])
        {
            var hello = ClientHello.Bytes("example.org", records);
            for (var length = 0; length < hello.Length; length++)
            {
                Assert.Equal((FirstBytesState.Incomplete, null), Read(hello[..length]));
            }

            Assert.Equal((FirstBytesState.Named, "example.org"), Read(hello));
            Assert.Equal((FirstBytesState.Named, "example.org"), Read([.. hello, 23, 3, 3]));
        }
    }

    [Fact]
    public void A_ClientHello_without_a_name_names_nobody() => Assert.Equal((FirstBytesState.Unnamed, null), Read(ClientHello.Bytes(null)));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", "example.org")]
    [InlineData("GET / HTTP/1.1\nhost:example.org:8080\n\n", "example.org")]
    [InlineData("POST /a HTTP/1.1\r\nX: y\r\nHOST: \t[2001:db8::1]:80 \r\n\r\nbody", "2001:db8::1")]
    [InlineData("GET http://u@other.example:80/x HTTP/1.1\r\n\r\n", "other.example")]
    [InlineData("CONNECT other.example:443 HTTP/1.1\r\nHost: proxy.example\r\n\r\n", "proxy.example")]
    public void The_name_of_a_request_is_found(string request, string name)
    {
        var bytes = Encoding.Latin1.GetBytes(request);

        Assert.Equal((FirstBytesState.Named, name), Read(bytes));
        Assert.All(Enumerable.Range(0, request.IndexOf("\n\n", StringComparison.Ordinal) < 0 ? request.IndexOf("\r\n\r\n", StringComparison.Ordinal) : request.Length - 1), length => Assert.Equal(FirstBytesState.Incomplete, Read(bytes[..length]).State));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n")]
    [InlineData("GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n")]
    public void A_request_with_two_names_is_broken(string request) => Assert.Equal(FirstBytesState.Broken, Read(Encoding.Latin1.GetBytes(request)).State);

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("\0\0\0\bab")]
    [InlineData("GETX / HTTP/1.1\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    public void What_names_nobody_is_not_waited_for(string text) => Assert.Equal(FirstBytesState.Unnamed, Read(Encoding.Latin1.GetBytes(text)).State);

    [Fact]
    public void No_bytes_break_it()
    {
        var random = new Random(13);
        for (var round = 0; round < 100_000; round++)
        {
            var bytes = ClientHello.Bytes("example.org", 1 + (round % 3));
            for (var change = random.Next(4); change >= 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var (state, name) = Read(bytes[..random.Next(bytes.Length + 1)]);
            Assert.Equal(state == FirstBytesState.Named, name is not null);
        }
    }

    private static (FirstBytesState State, string? Name) Read(byte[] bytes) => (FirstBytes.Read(bytes, out var name), name);
}

/// <summary>The first message of a client of TLS.</summary>
internal static class ClientHello
{
    /// <summary>Its bytes.</summary>
    /// <param name="name">The name in it; null for none.</param>
    /// <param name="records">How many records it is spread over.</param>
    public static byte[] Bytes(string? name, int records = 1)
    {
        byte[] host = Encoding.ASCII.GetBytes(name ?? "");
        byte[] server = name is null ? [] : [0, 0, .. Word(host.Length + 5), .. Word(host.Length + 3), 0, .. Word(host.Length), .. host];
        byte[] extensions = [0, 43, 0, 3, 2, 3, 4, .. server, 0, 23, 0, 0];
        byte[] body = [3, 3, .. new byte[32], 4, 1, 2, 3, 4, 0, 4, 0x13, 1, 0x13, 2, 1, 0, .. Word(extensions.Length), .. extensions];
        byte[] message = [1, 0, .. Word(body.Length), .. body];
        var size = (message.Length + records - 1) / records;
        return [.. message.Chunk(size).SelectMany(static part => (byte[])[22, 3, 1, .. Word(part.Length), .. part])];
    }

    private static byte[] Word(int value) => [(byte)(value >> 8), (byte)value];
}
