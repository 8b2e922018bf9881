using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;
using static Sandbox.KernelTests.GoJudgeHost;

namespace Sandbox.KernelTests;

/// <summary>What clients of go-judge rely on beside <c>POST /run</c>, and who is let in.</summary>
public sealed class GoJudgeSessionTests(GoJudgeHost host) : IClassFixture<GoJudgeHost>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [KernelFact]
    public async Task A_connection_runs_requests_at_once_and_cancels_them()
    {
        using var socket = await host.ConnectAsync("/ws");

        await SendAsync(socket, With(Request(Shell("sleep 60")), "long"));
        await SendAsync(socket, With(Request(Shell("echo hi")), "short"));
        Assert.Equal("hi\n", (await AnswerAsync(socket, "short")).GetProperty("results")[0].GetProperty("files").GetProperty("stdout").GetString());

        await SendAsync(socket, With(Request(Shell("true")), ""));
        Assert.Equal("empty request id", (await AnswerAsync(socket, "")).GetProperty("error").GetString());
        await SendAsync(socket, With(Request(Shell("true")), "long"));
        Assert.StartsWith("duplicated request id", (await AnswerAsync(socket, "long")).GetProperty("error").GetString(), StringComparison.Ordinal);
        await SendAsync(socket, With(Request(Shell("true", """{ "files": [null] }""")), "null"));
        Assert.Equal(JsonValueKind.Null, (await AnswerAsync(socket, "null")).GetProperty("results").ValueKind);

        // What is refused is answered, and what runs goes on.
        await SendAsync(socket, With(Request(Shell("true", """{ "cpuSetLimit": "0" }""")), "refused"));
        Assert.Contains("cpuset", (await AnswerAsync(socket, "refused")).GetProperty("error").GetString(), StringComparison.OrdinalIgnoreCase);
        await SendAsync(socket, With(Request([.. Enumerable.Range(0, 200).Select(static _ => new JsonObject())]), "many"));
        Assert.Contains("at most", (await AnswerAsync(socket, "many")).GetProperty("error").GetString(), StringComparison.Ordinal);

        await SendAsync(socket, new JsonObject { ["cancelRequestId"] = "nobody" });
        await SendAsync(socket, new JsonObject { ["cancelRequestId"] = "long" });
        Assert.NotEqual("Accepted", (await AnswerAsync(socket, "long")).GetProperty("results")[0].GetProperty("status").GetString());

        await socket.SendAsync("{"u8.ToArray(), WebSocketMessageType.Text, true, Cancellation);
        Assert.Null(await ReceiveAsync(socket));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
    }

    [KernelFact]
    public async Task A_stream_relays_input_output_and_the_size_of_the_terminal()
    {
        using var terminal = await host.ConnectAsync("/stream");
        var shell = Shell("stty -echo; echo ready; read line; echo got $line; stty size; exit 4", """{ "tty": true, "files": [{ "streamIn": true }, { "streamOut": true }, { "streamOut": true }] }""");
        shell["env"]!.AsArray().Add("TERM=vt100");
        await SendAsync(terminal, 1, Request(shell).ToJsonString());
        await SendAsync(terminal, 2, """{ "rows": 33, "cols": 44 }""");
        var shown = "";
        while (!shown.Contains("ready", StringComparison.Ordinal))
        {
            shown += Output(await ReceiveAsync(terminal), 1);
        }

        await SendAsync(terminal, 3, "\0hello\n");
        var (said, response) = await ReadAsync(terminal, 1);
        Assert.Contains("got hello\r\n33 44", said, StringComparison.Ordinal);
        Assert.Equal(("", "Nonzero Exit Status", 4), (response.GetProperty("requestId").GetString(), response.GetProperty("results")[0].GetProperty("status").GetString(), response.GetProperty("results")[0].GetProperty("exitStatus").GetInt32()));

        // Without a terminal there is no end of input: it is cancelled.
        using var plain = await host.ConnectAsync("/stream");
        await SendAsync(plain, 1, Request(Shell("exec cat", """{ "files": [{ "streamIn": true }, { "streamOut": true }, { "name": "stderr", "max": 10 }] }""")).ToJsonString());
        await SendAsync(plain, 3, "\0abc");
        Assert.Equal("abc", Output(await ReceiveAsync(plain), 1));
        await SendAsync(plain, 4, "");
        (_, response) = await ReadAsync(plain, 1);
        Assert.NotEqual("Accepted", response.GetProperty("results")[0].GetProperty("status").GetString());

        // Two commands, each by the number that is its own.
        using var both = await host.ConnectAsync("/stream");
        await SendAsync(both, 1, Request([.. ((string[])["one", "two"]).Select(static name => Shell($"read a; echo {name} $a", """{ "files": [{ "streamIn": true }, { "streamOut": true }, { "name": "stderr", "max": 10 }] }"""))]).ToJsonString());
        await SendAsync(both, 3, "\u0010b\n");
        Assert.Equal("two b\n", Output(await ReceiveAsync(both), 0x11));
        await SendAsync(both, 3, "\0a\n");
        (said, response) = await ReadAsync(both, 1);
        Assert.Equal(("one a\n", "Accepted", "Accepted"), (said, response.GetProperty("results")[0].GetProperty("status").GetString(), response.GetProperty("results")[1].GetProperty("status").GetString()));

        // And two with a pipe between them, each of which has a stream of the client as well.
        using var piped = await host.ConnectAsync("/stream");
        var request = Request(
            Shell("echo ready >&2; read a; echo to $a; read b", """{ "files": [{ "streamIn": true }, null, { "streamOut": true }] }"""),
            Shell("read a; echo second $a; exit 5", """{ "files": [null, { "streamOut": true }, { "name": "stderr", "max": 10 }] }"""));
        request["pipeMapping"] = JsonNode.Parse("""[{ "in": { "index": 0, "fd": 1 }, "out": { "index": 1, "fd": 0 }, "proxy": true, "name": "said", "max": 100 }]""");
        await SendAsync(piped, 1, request.ToJsonString());
        Assert.Equal("ready\n", Output(await ReceiveAsync(piped), 2));
        await SendAsync(piped, 3, "\0me\n");
        Assert.Equal("second to me\n", Output(await ReceiveAsync(piped), 0x11));
        await SendAsync(piped, 3, "\0end\n");
        (_, response) = await ReadAsync(piped, 1);
        Assert.Equal(("Nonzero Exit Status", 5), (response.GetProperty("results")[1].GetProperty("status").GetString(), response.GetProperty("results")[1].GetProperty("exitStatus").GetInt32()));
        Assert.Equal(("Accepted", "to me\n"), (response.GetProperty("results")[0].GetProperty("status").GetString(), response.GetProperty("results")[0].GetProperty("files").GetProperty("said").GetString()));

        using var refused = await host.ConnectAsync("/stream");
        await SendAsync(refused, 1, Request(Shell("true", """{ "files": [null] }""")).ToJsonString());
        (_, response) = await ReadAsync(refused, 1);
        Assert.Equal((0, true), (response.GetProperty("results").GetArrayLength(), response.TryGetProperty("error", out _)));
    }

    [KernelFact]
    public async Task Files_are_sent_listed_fetched_and_removed_once()
    {
        using var form = new MultipartFormDataContent { { new StringContent("other"), "other" }, { new ByteArrayContent([1, 0, 255]), "file", "a/picture.png" } };
        using var put = await host.Client.PostAsync("/file", form, Cancellation);
        var id = JsonDocument.Parse(await put.Content.ReadAsStringAsync(Cancellation)).RootElement.GetString()!;

        Assert.Equal("picture.png", JsonDocument.Parse(await host.Client.GetStringAsync("/file", Cancellation)).RootElement.GetProperty(id).GetString());
        using var got = await host.Client.GetAsync("/file/" + id, Cancellation);
        Assert.Equal([1, 0, 255], await got.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(("image/png", "attachment"), (got.Content.Headers.ContentType!.MediaType, got.Content.Headers.ContentDisposition!.DispositionType));
        Assert.Equal(HttpStatusCode.OK, (await host.Client.DeleteAsync("/file/" + id, Cancellation)).StatusCode);
        foreach (var answer in (HttpResponseMessage[])[await host.Client.DeleteAsync("/file/" + id, Cancellation), await host.Client.GetAsync("/file/" + id, Cancellation)])
        {
            Assert.Equal((HttpStatusCode.NotFound, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation)));
        }

        using var none = new MultipartFormDataContent { { new StringContent("x"), "other" } };
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Client.PostAsync("/file", none, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Client.PostAsync("/file", new StringContent("x"), Cancellation)).StatusCode);
    }

    [KernelFact]
    public async Task It_says_what_it_can_and_measures_and_knows_no_other_path()
    {
        var version = JsonDocument.Parse(await host.Client.GetStringAsync("/version", Cancellation)).RootElement;
        var config = JsonDocument.Parse(await host.Client.GetStringAsync("/config", Cancellation)).RootElement;
        Assert.StartsWith("v1.", version.GetProperty("buildVersion").GetString(), StringComparison.Ordinal);
        foreach (var flag in (string[])["copyOutOptional", "pipeProxy", "symlink", "addressSpaceLimit", "stream", "procPeak", "copyOutTruncate", "pipeProxyZeroCopy", "fixSymlinkEscape"])
        {
            Assert.True(version.GetProperty(flag).GetBoolean() && config.GetProperty(flag).GetBoolean());
        }

        Assert.Equal("/w", config.GetProperty("runnerConfig").GetProperty("workDir").GetString());
        _ = await host.RunAsync(Shell("true"));
        Assert.Contains("go_judge_exec_time_seconds_count{status=\"Accepted\"}", await host.Client.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);

        foreach (var path in (string[])["/", "/v1/host", "/healthz", "/file/x/"])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await host.Client.GetAsync(path, Cancellation)).StatusCode);
        }

        // There a redirection, which leads to the list.
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/file/", Cancellation)).StatusCode);
        using var plain = await host.Client.GetAsync("/ws", Cancellation);
        Assert.Equal((HttpStatusCode.BadRequest, JsonValueKind.String), (plain.StatusCode, JsonDocument.Parse(await plain.Content.ReadAsStringAsync(Cancellation)).RootElement.ValueKind));
    }

    [KernelFact]
    public async Task No_web_page_runs_anything_and_a_client_that_hangs_up_ends_what_it_asked_for()
    {
        foreach (var (name, value, status) in ((string, string, HttpStatusCode)[])[("Origin", "http://example.org", HttpStatusCode.Forbidden), ("Origin", "null", HttpStatusCode.Forbidden), ("Host", "example.org", HttpStatusCode.MisdirectedRequest), ("Authorization", "Bearer nobodys", HttpStatusCode.Unauthorized)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/run") { Content = new StringContent(Request(Shell("true")).ToJsonString()) };
            request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await host.Client.SendAsync(request, Cancellation);
            Assert.Equal(status, answer.StatusCode);
        }

        using var hungUp = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = host.Client.PostAsync("/run", new StringContent(Request(Shell("sleep 60", """{ "clockLimit": 60000000000 }""")).ToJsonString()), hungUp.Token);
        await host.RunningAsync(1);
        await hungUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await host.RunningAsync(0);
    }

    [KernelFact]
    public async Task With_a_token_only_version_and_configuration_are_for_everybody_unless_networks_are_allowed()
    {
        var directory = Directory.CreateTempSubdirectory("sandbox-test-").FullName;
        const string Token = "a-token-of-twenty-characters";
        await File.WriteAllTextAsync(directory + "/alice", Token, Cancellation);
        File.SetUnixFileMode(directory + "/alice", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var served = await ServedHost.StartAsync(directory, Cancellation, "--api", "go-judge=127.0.0.1:0", "--listen", "127.0.0.1:0", "--token-file", directory + "/alice");
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{served.PortOf("go-judge")}") };

        using var refused = await client.GetAsync("/file", Cancellation);
        Assert.Equal((HttpStatusCode.Unauthorized, ""), (refused.StatusCode, await refused.Content.ReadAsStringAsync(Cancellation)));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/version", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/config", Cancellation)).StatusCode);

        // Whatever they show there, nobody is asked who they are.
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "another-of-twenty-characters");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), ((await client.GetAsync("/version", Cancellation)).StatusCode, (await client.GetAsync("/file", Cancellation)).StatusCode));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        Assert.Equal("{}", await client.GetStringAsync("/file", Cancellation));

        var other = Directory.CreateTempSubdirectory("sandbox-test-").FullName;
        await using var open = await ServedHost.StartAsync(other, Cancellation, "--api", "go-judge=127.0.0.1:0,allow=127.0.0.0/8,host=judge", "--token-file", directory + "/alice");
        using var stranger = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{open.PortOf("go-judge")}/file") { Headers = { Host = "judge:80" } };
        Assert.Equal(HttpStatusCode.OK, (await new HttpClient().SendAsync(stranger, Cancellation)).StatusCode);

        // Networks without a name only keep others out.
        await using var narrowed = await ServedHost.StartAsync(Directory.CreateTempSubdirectory("sandbox-test-").FullName, Cancellation, "--api", "go-judge=127.0.0.1:0,allow=127.0.0.0/8", "--token-file", directory + "/alice");
        using var known = new HttpClient { BaseAddress = new($"http://127.0.0.1:{narrowed.PortOf("go-judge")}") };
        Assert.Equal(HttpStatusCode.Unauthorized, (await known.GetAsync("/file", Cancellation)).StatusCode);
        known.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        Assert.Equal(HttpStatusCode.OK, (await known.GetAsync("/file", Cancellation)).StatusCode);

        await using var closed = await ServedHost.StartAsync(Directory.CreateTempSubdirectory("sandbox-test-").FullName, Cancellation, "--api", "go-judge=127.0.0.1:0,allow=10.0.0.0/8,host=judge");
        await Assert.ThrowsAsync<HttpRequestException>(() => new HttpClient().GetAsync($"http://127.0.0.1:{closed.PortOf("go-judge")}/version", Cancellation));
    }

    private static JsonObject With(JsonObject request, string id)
    {
        request["requestId"] = id;
        return request;
    }

    private static Task SendAsync(ClientWebSocket socket, JsonObject message) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, Cancellation);

    private static Task SendAsync(ClientWebSocket socket, byte type, string rest) =>
        socket.SendAsync((byte[])[type, .. Encoding.UTF8.GetBytes(rest)], WebSocketMessageType.Binary, true, Cancellation);

    private static async Task<JsonElement> AnswerAsync(ClientWebSocket socket, string id)
    {
        var answer = JsonDocument.Parse((await ReceiveAsync(socket))!).RootElement;
        Assert.Equal(id, answer.GetProperty("requestId").GetString());
        return answer;
    }

    private static string Output(byte[]? message, byte place)
    {
        Assert.True(message is [2, var from, ..] && from == place, Encoding.UTF8.GetString(message ?? []));
        return Encoding.UTF8.GetString(message![2..]);
    }

    // Closes as a client does: the server waits for it.
    private static async Task<(string Output, JsonElement Response)> ReadAsync(ClientWebSocket socket, byte place)
    {
        var said = "";
        while (true)
        {
            var message = await ReceiveAsync(socket) ?? throw new InvalidOperationException("closed without a response: " + said);
            if (message[0] == 1)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
                return (said, JsonDocument.Parse(message.AsMemory(1)).RootElement);
            }

            said += Output(message, place);
        }
    }
}
