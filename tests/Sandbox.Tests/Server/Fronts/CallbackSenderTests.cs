using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sandbox.Server.Fronts.Judge0;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class CallbackSenderTests
{
    private static readonly byte[] s_key = "0123456789abcdef0123456789abcdef"u8.ToArray();

    private readonly List<string> _said = [];

    [Fact]
    public async Task It_is_put_signed_with_the_usual_fields()
    {
        using var receiver = new Receiver("200 OK");
        using var sender = Sender("127.0.0.0/8");

        await sender.SendAsync(receiver.Url, Ended());

        var (head, body) = Assert.Single(receiver.Requests);
        Assert.StartsWith("PUT /told HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/json\r\n", head, StringComparison.Ordinal);
        Assert.Contains($"Sandbox-Signature: sha256={Convert.ToHexStringLower(HMACSHA256.HashData(s_key, body))}\r\n", head, StringComparison.Ordinal);
        Assert.Equal((8, "b3V0\n"), (JsonDocument.Parse(body).RootElement.EnumerateObject().Count(), JsonDocument.Parse(body).RootElement.GetProperty("stdout").GetString()));
        Assert.Empty(_said);
    }

    [Fact]
    public async Task It_is_tried_three_times_and_follows_nobody()
    {
        using var elsewhere = new Receiver("200 OK");
        using var failing = new Receiver("500 No");
        using var redirecting = new Receiver($"302 Found\r\nLocation: {elsewhere.Url}");
        using var sender = Sender("127.0.0.0/8");

        await sender.SendAsync(failing.Url, Ended());
        await sender.SendAsync(redirecting.Url, Ended());

        Assert.Equal((3, 3, 0, 2), (failing.Requests.Count, redirecting.Requests.Count, elsewhere.Requests.Count, _said.Count));
    }

    [Fact]
    public async Task What_is_not_allowed_is_not_connected_to_by_address_or_by_name()
    {
        using var receiver = new Receiver("200 OK");
        using var sender = Sender("10.0.0.0/8");

        await sender.SendAsync(receiver.Url, Ended());
        await sender.SendAsync(receiver.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), Ended());
        await sender.SendAsync(receiver.Url.Replace("127.0.0.1", "[::ffff:127.0.0.1]", StringComparison.Ordinal), Ended());

        Assert.Equal(0, receiver.Connections);
        Assert.Equal(3, _said.Count);
    }

    [Fact]
    public async Task A_name_is_sent_to_at_the_address_that_is_allowed()
    {
        using var receiver = new Receiver("204 No Content");
        using var sender = Sender("127.0.0.1/32");

        await sender.SendAsync(receiver.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), Ended());

        Assert.Single(receiver.Requests);
    }

    private static Submission Ended() => JudgedRunTests.Asked() with { Status = Judge0Status.Accepted, Stdout = "out"u8.ToArray() };

    private CallbackSender Sender(string network) => new(new() { Callbacks = [IPNetwork.Parse(network)], CallbackKey = s_key }, new(), _said.Add);

    private sealed class Receiver : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly string _answer;

        public Receiver(string answer)
        {
            _answer = answer;
            _listener.Start();
            _ = AnswerAsync();
        }

        public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/told";

        public int Connections { get; private set; }

        public List<(string Head, byte[] Body)> Requests { get; } = [];

        public void Dispose() => _listener.Dispose();

        private async Task AnswerAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    Connections++;
                    var stream = client.GetStream();
                    var bytes = new List<byte>();
                    var buffer = new byte[4096];
                    while (!IsWhole(bytes, out _) && await stream.ReadAsync(buffer) is var count and > 0)
                    {
                        bytes.AddRange(buffer[..count]);
                    }

                    _ = IsWhole(bytes, out var start);
                    Requests.Add((Encoding.ASCII.GetString([.. bytes[..start]]), [.. bytes[start..]]));
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {_answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                }
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException or IOException)
            {
                // disposed of
            }
        }

        private static bool IsWhole(List<byte> bytes, out int start)
        {
            var text = Encoding.Latin1.GetString([.. bytes]);
            start = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
            if (start < 4)
            {
                return false;
            }

            var length = text.Split("Content-Length: ", 2) is [_, var rest] ? int.Parse(rest[..rest.IndexOf('\r', StringComparison.Ordinal)], null) : 0;
            return bytes.Count - start >= length;
        }
    }
}
