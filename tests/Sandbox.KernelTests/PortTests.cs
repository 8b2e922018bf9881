using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The job host by TCP: what a web page, a stranger and another tenant can do, tried on real sockets.</summary>
[Trait("as", "any")]
public sealed class PortTests : KernelTest
{
    private const string Echo = """{ "command": ["echo", "hello"] }""";
    private const string Long = """{ "command": ["sleep", "60"] }""";
    private const string Alice = "alice-0123456789abcdef0123456789abcdef";
    private const string Bob = "bob-0123456789abcdef0123456789abcdef";

    [KernelFact]
    public async Task A_loopback_port_runs_jobs_of_programs()
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0");
        var port = host.Ports.Single();

        var run = await CommandRun.ShellAsync($"curl -sS --fail-with-body http://127.0.0.1:{port}/v1/jobs -d '{Echo}'", "", Cancellation);

        Assert.Equal("ok", JsonDocument.Parse(run.Stdout).RootElement.GetProperty("verdict").GetString());
    }

    [KernelFact]
    public async Task Localhost_is_one_port_on_both_addresses()
    {
        await using var host = await StartAsync("--listen", "localhost:0");

        var port = host.Ports.Distinct().Single();

        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(port, $"GET /v1/host HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"), StringComparison.Ordinal);
    }

    // A page whose name was made to mean 127.0.0.1 after it was loaded sends its own name, and so does what smuggles another past whoever looks first.
    [KernelTheory]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: evil.example:PORT\r\n", "421")]
    [InlineData("POST /v1/jobs HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 4\r\n", "421")]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: evil.example:PORT\r\n", "421")]
    [InlineData("GET /nothing HTTP/1.1\r\nHost: evil.example:PORT\r\n", "421")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: localhost\r\n", "421")]
    [InlineData("GET /v1/host HTTP/1.0\r\n", "421")]
    [InlineData("GET /v1/host HTTP/1.1\r\n", "400")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: localhost:PORT\r\nHost: evil.example\r\n", "400")]
    [InlineData("GET http://localhost:PORT/v1/host HTTP/1.1\r\nHost: evil.example\r\n", "400")]
    [InlineData("GET http://evil.example/v1/host HTTP/1.1\r\nHost: localhost:PORT\r\n", "400")]
    [InlineData("GET http://evil.example/v1/host HTTP/1.1\r\nHost: evil.example\r\n", "421")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost : localhost:PORT\r\nHost: evil.example\r\n", "400")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost:PORT\r\nForwarded: host=\"localhost:PORT\"\r\n", "421")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: null\r\n", "403")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://evil.example\r\n", "403")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://localhost:PORT\r\nOrigin: http://evil.example\r\n", "403")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://localhost:1\r\n", "403")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: localhost:PORT\r\nSec-Fetch-Site: cross-site\r\n", "403")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: localhost:PORT\r\nSec-Fetch-Site: same-site\r\n", "403")]
    [InlineData("OPTIONS /v1/jobs HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n", "403")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: localhost:PORT\r\nAuthorization: Bearer whatever-0123456789abcdef\r\n", "401")]
    [InlineData("GET /v1/host HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://localhost:PORT\r\nSec-Fetch-Site: same-origin\r\n", "200")]
    public async Task A_page_of_another_site_is_not_let_in(string head, string status)
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0");
        var port = host.Ports.Single();

        var answer = await AskAsync(port, head.Replace("PORT", $"{port}", StringComparison.Ordinal) + "\r\n");

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Access-Control", answer, StringComparison.OrdinalIgnoreCase);
    }

    // Its end in a frame (GOAWAY, RFC 9113, 6.8), before anything was asked in that way.
    [KernelFact]
    public async Task HTTP_2_is_not_spoken()
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0");

        var answer = await AskAsync(host.Ports.Single(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", untilEnd: true);

        Assert.StartsWith("\0\0\b\u0007", answer, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_web_socket_of_another_site_is_not_let_in()
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0");
        var port = host.Ports.Single();
        using var job = await host.PostAsync(Long, Cancellation, "?wait=0");
        async Task<HttpStatusCode> ConnectAsync(string origin)
        {
            using var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Origin", origin);
            socket.Options.CollectHttpResponseDetails = true;
            await socket.ConnectAsync(new($"ws://127.0.0.1:{port}{job.Headers.Location}/stream"), Cancellation).ContinueWith(static _ => { }, Cancellation, TaskContinuationOptions.None, TaskScheduler.Default);
            return socket.HttpStatusCode;
        }

        Assert.Equal(HttpStatusCode.Forbidden, await ConnectAsync("http://evil.example"));

        // The job is the owner's, by the unix socket: for the port it is not there.
        Assert.Equal(HttpStatusCode.NotFound, await ConnectAsync($"http://127.0.0.1:{port}"));
    }

    [KernelFact]
    public async Task Nobody_is_let_in_without_a_token_where_there_are_some()
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0", "--token-file", Token("alice", Alice));
        var port = host.Ports.Single();
        Task<string> Ask(string path, string more = "") => AskAsync(port, $"GET {path} HTTP/1.1\r\nHost: judge.example\r\n{more}\r\n");

        foreach (var wrong in new[] { "", "Authorization: Bearer " + Bob + "\r\n", "Authorization: Basic " + Alice + "\r\n", $"Authorization: Bearer {Alice}\r\nAuthorization: Bearer {Alice}\r\n", $"Cookie: token={Alice}\r\n" })
        {
            var refused = await Ask("/v1/host", wrong);

            Assert.StartsWith("HTTP/1.1 401 ", refused, StringComparison.Ordinal);
            Assert.Contains("\r\nWWW-Authenticate: Bearer realm=\"sandbox\"", refused, StringComparison.Ordinal);
            Assert.Contains("\r\nConnection: close", refused, StringComparison.Ordinal);
        }

        Assert.StartsWith("HTTP/1.1 401 ", await Ask($"/v1/host?token={Alice}&access_token={Alice}"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 401 ", await Ask("/openapi.json"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 401 ", await Ask("/healthz/../v1/host"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await Ask("/readyz"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await Ask("/v1/host", $"Authorization: Bearer {Alice}\r\n"), StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789abcdef", host.Said, StringComparison.Ordinal);
    }

    // A connection is not a tenant: each request on it shows its own.
    [KernelFact]
    public async Task A_token_is_for_one_request()
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0", "--token-file", Token("alice", Alice));
        var port = host.Ports.Single();

        var both = await AskAsync(port, $"GET /v1/jobs/0 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {Alice}\r\n\r\nGET /v1/jobs/0 HTTP/1.1\r\nHost: h\r\n\r\n", untilEnd: true);

        Assert.Equal(["404", "401"], both.Split("HTTP/1.1 ")[1..].Select(static answer => answer[..3]));
    }

    [KernelFact]
    public async Task A_tenant_sees_nothing_of_another()
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0", "--slots", "1", "--token-file", Token("a", "alice " + Alice), "--token-file", Token("bob", Bob));
        var port = host.Ports.Single();
        using var alice = Client(port, Alice);
        using var bob = Client(port, Bob);
        using var taken = await PostAsync(alice, Long, "?wait=0", "key");
        var job = taken.Headers.Location!.ToString();

        foreach (var client in new[] { bob, host.Client })
        {
            foreach (var unknown in new[] { job, "/v1/jobs/" + new string('0', 32) })
            {
                var answers = new List<string>();
                foreach (var (method, path) in new[] { ("GET", ""), ("GET", "?wait=1"), ("DELETE", ""), ("GET", "/events"), ("GET", "/stream"), ("POST", "/signal?name=SIGTERM") })
                {
                    using var request = new HttpRequestMessage(new(method), unknown + path);
                    using var answer = await client.SendAsync(request, Cancellation);
                    answers.Add($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancellation)} {string.Join(',', answer.Headers.Select(static header => header.Key))}");
                }

                Assert.Single(answers.Distinct());
                Assert.StartsWith("404 ", answers[0], StringComparison.Ordinal);
            }
        }

        // The same key is another job of another tenant's, and never a conflict.
        using var same = await PostAsync(bob, Echo, "?wait=0", "key");
        Assert.Equal(HttpStatusCode.Accepted, same.StatusCode);
        Assert.NotEqual(job, same.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.Accepted, (await alice.GetAsync(job, Cancellation)).StatusCode);
        Assert.Equal("cancelled", (await Json(await alice.DeleteAsync(job, Cancellation))).GetProperty("verdict").GetString());
    }

    [KernelFact]
    public async Task A_tenant_does_not_go_before_others_nor_fill_the_queue()
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0", "--slots", "1", "--max-waiting", "4", "--token-file", Token("alice", Alice), "--token-file", Token("bob", Bob));
        using var alice = Client(host.Ports.Single(), Alice);
        using var bob = Client(host.Ports.Single(), Bob);

        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(alice, Long, "?wait=0&priority=1")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(alice, Long, "?wait=0&priority=0")).StatusCode);
        var waiting = new List<HttpStatusCode>();
        for (var number = 0; number < 3; number++)
        {
            waiting.Add((await PostAsync(alice, Long, "?wait=0&priority=-1")).StatusCode);
        }

        Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.Accepted, HttpStatusCode.TooManyRequests], waiting);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(bob, Long, "?wait=0")).StatusCode);
        Assert.Equal(0, (await Json(await host.PostAsync(Long, Cancellation, "?wait=0&priority=1"))).GetProperty("position").GetInt32());
    }

    [KernelFact]
    public async Task Tokens_are_read_again_at_SIGHUP_and_jobs_go_on()
    {
        var file = Token("alice", Alice);
        await using var host = await StartAsync("--listen", "127.0.0.1:0", "--token-file", file);
        using var old = Client(host.Ports.Single(), Alice);
        using var renewed = Client(host.Ports.Single(), Bob);
        using var job = await PostAsync(old, Long, "?wait=0");

        await File.WriteAllTextAsync(file, Bob, Cancellation);
        host.Signal("HUP");
        await Eventually(() => host.Said.Contains("read again", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.Unauthorized, (await old.GetAsync(job.Headers.Location, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await renewed.GetAsync(job.Headers.Location, Cancellation)).StatusCode);
    }

    [KernelFact]
    public async Task What_cannot_be_listened_on_is_said_in_words()
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0");
        async Task<(int, string)> Serve(params string[] arguments)
        {
            var run = await CommandRun.SandboxAsync("", Cancellation, ["serve", .. arguments]);
            return (run.ExitStatus, run.Stderr);
        }

        var (status, said) = await Serve("--listen", $"127.0.0.1:{host.Ports.Single()}");
        Assert.Equal(3, status);
        Assert.Contains("another program listens on this port", said, StringComparison.Ordinal);
        (status, said) = await Serve("--listen", "192.0.2.1:0", "--token-file", Token("alice", Alice));
        Assert.Equal(3, status);
        Assert.Contains("no interface of this machine has this address", said, StringComparison.Ordinal);
        (status, said) = await Serve("--listen", "0.0.0.0:0", "--listen", "[::]:0", "--slots", "0", "--token-file", Directory + "/none");
        Assert.Equal((2, 2), (status, said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        (status, said) = await Serve("--listen", "0.0.0.0:0", "--listen", "[::]:0", "--slots", "0");
        Assert.Equal((2, 3), (status, said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [KernelFact]
    public async Task More_connections_than_may_be_are_not_let_in_and_the_unix_socket_has_its_share()
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0", "--max-connections", "8");
        var open = new List<TcpClient>();
        for (var number = 0; number < 50; number++)
        {
            open.Add(new TcpClient("127.0.0.1", host.Ports.Single()));
        }

        await Eventually(() => host.Said.Contains("as many connections as may be", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/v1/host", Cancellation)).StatusCode);
        await Eventually(() => open.Count(static client => client.Client.Poll(0, SelectMode.SelectRead)) >= 44);
        Assert.InRange(host.Said.Split("not let in").Length - 1, 1, 12);
        open.ForEach(static client => client.Dispose());

        await Eventually(() => Works(host.Ports.Single()));
    }

    // Of 40 MB.
    [KernelFact]
    public async Task A_client_that_reads_a_byte_a_second_is_cut_off()
    {
        await using var host = await StartAsync("--listen", "127.0.0.1:0", "--max-limit", "output=40MiB");
        using var job = await host.PostAsync("""{ "command": ["head", "-c", "40000000", "/dev/zero"], "limits": { "output": "40MiB" } }""", Cancellation);
        var id = job.Headers.GetValues("Sandbox-Job").Single();
        await job.Content.LoadIntoBufferAsync(Cancellation);
        using var slow = await host.ConnectAsync(Cancellation);
        await slow.SendAsync(Encoding.ASCII.GetBytes($"GET /v1/jobs/{id} HTTP/1.1\r\nHost: h\r\n\r\n"), Cancellation);

        var buffer = new byte[1 << 20];
        long read = 0;
        try
        {
            // At full speed after a while: what the kernel still holds is little where the server has given up, and all of it where it has not.
            for (int length; (length = await slow.ReceiveAsync(buffer.AsMemory(0, read < 25 ? 1 : buffer.Length), Cancellation)) > 0; read += length)
            {
                await Task.Delay(read < 25 ? 1000 : 0, Cancellation);
            }
        }
        catch (SocketException)
        {
            // reset
        }

        Assert.InRange(read, 1, 4 << 20);
    }

    private Task<ServedHost> StartAsync(params string[] arguments) => ServedHost.StartAsync(Directory, Cancellation, arguments);

    private string Token(string name, string content)
    {
        var path = $"{Directory}/{name}";
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private static HttpClient Client(int port, string token) =>
        new() { BaseAddress = new($"http://127.0.0.1:{port}"), DefaultRequestHeaders = { Authorization = new("Bearer", token) } };

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string job, string query, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs" + query) { Content = new StringContent(job) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await client.SendAsync(request, Cancellation);
    }

    private static async Task<string> AskAsync(int port, string request, bool untilEnd = false)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Cancellation);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancellation);
        using var answer = new MemoryStream();
        var buffer = new byte[8192];
        while (await stream.ReadAsync(buffer, Cancellation) is var read and > 0)
        {
            answer.Write(buffer, 0, read);
            if (!untilEnd && Encoding.ASCII.GetString(answer.ToArray()).Contains("\r\n\r\n", StringComparison.Ordinal))
            {
                break;
            }
        }

        return Encoding.ASCII.GetString(answer.ToArray());
    }

    private static bool Works(int port)
    {
        try
        {
            return AskAsync(port, string.Create(CultureInfo.InvariantCulture, $"GET /readyz HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")).GetAwaiter().GetResult().StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
        }
        catch (Exception refused) when (refused is IOException or SocketException)
        {
            return false;
        }
    }

    private static async Task<JsonElement> Json(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;

    private static async Task Eventually(Func<bool> holds)
    {
        for (var left = 1000 * Requirements.Slowness; !holds(); left--)
        {
            Assert.True(left > 0, "it did not come to be");
            await Task.Delay(10, Cancellation);
        }
    }
}
