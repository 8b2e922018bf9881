using System.Buffers.Binary;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Jobs of the job host that are watched and reached while they run, on a real socket.</summary>
public sealed class LiveServeTests : KernelTest
{
    private const string Cat = """{ "command": ["cat"], "limits": { "output": "32MiB" } }""";

    [KernelFact]
    public async Task Events_come_in_order_and_end_with_the_result()
    {
        await using var host = await StartAsync();
        using var job = await host.PostAsync(Shell("echo a; sleep 0.1; echo b >&2; sleep 0.1; printf 'c\\377'"), Cancellation, "?wait=0");

        var events = await EventsAsync(host, job.Headers.Location!);

        Assert.Equal(["stdout", "stderr", "stdout"], events.Where(static e => e.Type is "stdout" or "stderr").Select(static e => e.Type));
        Assert.Equal(["a\n", "b\n"], events.Where(static e => e.Type is "stdout" or "stderr").Take(2).Select(static e => e.Data.GetProperty("text").GetString()));
        Assert.Equal((2, "Y/8="), (events.Last(static e => e.Type == "stdout").Data.GetProperty("offset").GetInt32(), events.Last(static e => e.Type == "stdout").Data.GetProperty("base64").GetString()));
        Assert.Equal(["created", "started", "ended", "collected"], events.Where(static e => e.Type == "phase").Select(static e => e.Data.GetProperty("phase").GetString()));
        Assert.Equal(["queued", "running", "ended"], events.Where(static e => e.Type == "state" && e.Id > 0).Select(static e => e.Data.GetProperty("state").GetString()));
        Assert.Equal(("result", "ok"), (events[^1].Type, events[^1].Data.GetProperty("verdict").GetString()));
        Assert.Equal("YQpj/w==", events[^1].Data.GetProperty("stdout").GetProperty("base64").GetString());
    }

    [KernelFact]
    public async Task A_viewer_that_comes_back_gets_what_it_has_not_had()
    {
        await using var host = await StartAsync();
        using var job = await host.PostAsync(Shell("echo a; sleep 0.1; echo b; sleep 0.1; echo c"), Cancellation, "?wait=0");
        var all = await EventsAsync(host, job.Headers.Location!);
        var seen = all.First(static e => e.Type == "stdout").Id;

        var rest = await EventsAsync(host, job.Headers.Location!, seen);

        Assert.Equal(all.Where(e => e.Id > seen).Select(static e => e.Id), rest.Where(static e => e.Id > 0).Select(static e => e.Id));
        Assert.Equal("result", rest[^1].Type);
    }

    [KernelFact]
    public async Task Output_that_is_not_kept_is_told_and_a_viewer_who_does_not_read_holds_nobody_up()
    {
        await using var host = await StartAsync();
        using var job = await host.PostAsync("""{ "command": ["sh", "-c", "sleep 0.3; exec yes"], "limits": { "output": "4MiB" } }""", Cancellation, "?wait=0");
        using var deaf = await host.ConnectAsync(Cancellation);
        await deaf.SendAsync(Encoding.ASCII.GetBytes($"GET {job.Headers.Location}/events HTTP/1.1\r\nHost: localhost\r\n\r\n"), Cancellation);
        using var deafSocket = await AttachAsync(host, job.Headers.Location!, "");

        using var result = await host.Client.GetAsync(job.Headers.Location + "?wait=1", Cancellation);
        var late = await EventsAsync(host, job.Headers.Location!);

        Assert.Equal("output-limit", (await Json(result)).GetProperty("verdict").GetString());
        var gap = Assert.Single(late, static e => e.Type == "gap").Data.GetProperty("stdout").GetInt64();
        Assert.Equal(gap, late.First(static e => e.Type == "stdout").Data.GetProperty("offset").GetInt64());
        Assert.True(gap > 3 << 20);
    }

    [KernelFact]
    public async Task Ten_megabytes_go_through_a_job()
    {
        await using var host = await StartAsync();
        using var job = await host.PostAsync(Cat, Cancellation, "?wait=0&stdin=live");
        using var socket = await AttachAsync(host, job.Headers.Location!, "?stdin=live");
        var sent = RandomNumberGenerator.GetBytes(10 << 20);
        var reading = ReadAsync(socket);

        await socket.SendAsync(new byte[] { 0 }, WebSocketMessageType.Binary, endOfMessage: false, Cancellation);
        await socket.SendAsync(sent, WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
        await TellAsync(socket, """{ "type": "stdinEnd" }""");
        var (output, result) = await reading;

        Assert.Equal("ok", result.GetProperty("verdict").GetString());
        Assert.True(result.GetProperty("stdout").GetProperty("base64").GetBytesFromBase64().AsSpan().SequenceEqual(sent));
        Assert.NotEmpty(output);
        Assert.All(output, piece => Assert.True(piece.Bytes.AsSpan().SequenceEqual(sent.AsSpan((int)piece.Offset, piece.Bytes.Length))));
    }

    [KernelFact]
    public async Task A_client_that_vanishes_is_the_end_of_stdin_or_of_the_job()
    {
        await using var host = await StartAsync();
        using var ends = await host.PostAsync(Cat, Cancellation, "?wait=0&stdin=live");
        using var dies = await host.PostAsync(Cat, Cancellation, "?wait=0&stdin=live");
        using (var socket = await AttachAsync(host, ends.Headers.Location!, "?stdin=live"))
        using (var other = await AttachAsync(host, dies.Headers.Location!, "?stdin=live&cancel=disconnect"))
        {
            await socket.SendAsync("\0last words"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
            await ReadUntilOutputAsync(socket);
            socket.Abort();
            other.Abort();
        }

        var result = await Json(await host.Client.GetAsync(ends.Headers.Location + "?wait=1", Cancellation));

        Assert.Equal(("ok", "last words"), (result.GetProperty("verdict").GetString(), result.GetProperty("stdout").GetProperty("text").GetString()));
        var cancelled = await Json(await host.Client.GetAsync(dies.Headers.Location + "?wait=1", Cancellation));
        Assert.Equal("cancelled", cancelled.GetProperty("verdict").GetString());
    }

    [KernelFact]
    public async Task Signals_arrive_by_name()
    {
        await using var host = await StartAsync();
        using var job = await host.PostAsync(Shell("trap 'echo one' USR1; trap 'echo two; exit 7' USR2; echo ready; while :; do sleep 0.02; done"), Cancellation, "?wait=0");
        using var socket = await AttachAsync(host, job.Headers.Location!, "");
        await ReadUntilOutputAsync(socket);

        var kill = await host.Client.PostAsync(job.Headers.Location + "/signal?name=SIGKILL", null, Cancellation);
        var sent = await host.Client.PostAsync(job.Headers.Location + "/signal?name=SIGUSR1", null, Cancellation);
        await ReadUntilOutputAsync(socket);
        await TellAsync(socket, """{ "type": "signal", "signal": "SIGUSR2" }""");
        var (_, result) = await ReadAsync(socket);
        var late = await host.Client.PostAsync(job.Headers.Location + "/signal?name=SIGTERM", null, Cancellation);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NoContent, HttpStatusCode.Conflict), (kill.StatusCode, sent.StatusCode, late.StatusCode));
        Assert.Equal((7, "ready\none\ntwo\n"), (result.GetProperty("exitCode").GetInt32(), result.GetProperty("stdout").GetProperty("text").GetString()));
    }

    [KernelFact]
    public async Task A_terminal_has_the_size_that_it_is_given()
    {
        await using var host = await StartAsync();
        using var job = await host.PostAsync("""{ "command": ["sh", "-c", "echo ready; read x; stty size"], "terminal": true }""", Cancellation, "?wait=0&stdin=live");
        using var socket = await AttachAsync(host, job.Headers.Location!, "?stdin=live");
        await ReadUntilOutputAsync(socket);

        await TellAsync(socket, """{ "type": "resize", "rows": 12, "columns": 34 }""");
        await socket.SendAsync("\0\n"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
        var (_, result) = await ReadAsync(socket);

        Assert.Contains("12 34", result.GetProperty("stdout").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Two_hundred_viewers_see_the_same()
    {
        await using var host = await StartAsync();
        using var job = await host.PostAsync(Cat, Cancellation, "?wait=0&stdin=live");
        var viewers = Enumerable.Range(0, 200).Select(_ => EventsAsync(host, job.Headers.Location!)).ToList();
        using var socket = await AttachAsync(host, job.Headers.Location!, "?stdin=live");

        for (var number = 0; number < 20; number++)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($"\0line {number}\n"), WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
        }

        await TellAsync(socket, """{ "type": "stdinEnd" }""");
        var seen = await Task.WhenAll(viewers);

        var expected = string.Concat(Enumerable.Range(0, 20).Select(static number => $"line {number}\n"));
        Assert.All(seen, events => Assert.Equal(expected, string.Concat(events.Where(static e => e.Type == "stdout").Select(static e => e.Data.GetProperty("text").GetString()))));
    }

    [KernelFact]
    public async Task What_cannot_be_has_its_status()
    {
        await using var host = await StartAsync();
        using var plain = await host.PostAsync(Shell("sleep 5"), Cancellation, "?wait=0");
        using var live = await host.PostAsync(Cat, Cancellation, "?wait=0&stdin=live");
        using var first = await AttachAsync(host, live.Headers.Location!, "?stdin=live");

        Assert.Equal(HttpStatusCode.BadRequest, (await host.PostAsync(Cat, Cancellation, "?stdin=live")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.PostAsync("""{ "command": ["cat"], "stdin": { "text": "a" } }""", Cancellation, "?wait=0&stdin=live")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Client.GetAsync("/v1/jobs/0/events", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Client.GetAsync(plain.Headers.Location + "/stream", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, await RefusedAsync(host, plain.Headers.Location!));
        Assert.Equal(HttpStatusCode.Conflict, await RefusedAsync(host, live.Headers.Location!));
        await TellAsync(first, """{ "type": "dance" }""");
        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(first));
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, first.CloseStatus);
        await TellAsync(await AttachAsync(host, plain.Headers.Location!, ""), """{ "type": "kill" }""");
        Assert.Equal("cancelled", (await Json(await host.Client.GetAsync(plain.Headers.Location + "?wait=1", Cancellation))).GetProperty("verdict").GetString());
        Assert.Equal("3.1.1", (await Json(await host.Client.GetAsync("/openapi.json", Cancellation))).GetProperty("openapi").GetString());
    }

    private sealed record LiveEvent(string Type, long Id, JsonElement Data);

    private Task<ServedHost> StartAsync() => ServedHost.StartAsync(Directory, Cancellation, "--slots", "2");

    private static string Shell(string script) => $$"""{ "command": ["sh", "-c", {{JsonSerializer.Serialize(script)}}] }""";

    private static async Task<ClientWebSocket> AttachAsync(ServedHost host, Uri job, string query)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("sandbox.job.v1");
        await socket.ConnectAsync(new Uri($"ws://localhost{job}/stream{query}"), host.Client, Cancellation);
        return socket;
    }

    private static async Task<HttpStatusCode> RefusedAsync(ServedHost host, Uri job)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://localhost{job}/stream?stdin=live"), host.Client, Cancellation));
        return socket.HttpStatusCode;
    }

    private static Task TellAsync(ClientWebSocket socket, string command) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(command), WebSocketMessageType.Text, endOfMessage: true, Cancellation);

    private static async Task<(WebSocketMessageType Type, byte[] Bytes)> MessageAsync(ClientWebSocket socket)
    {
        var (all, buffer) = (new MemoryStream(), new byte[64 << 10]);
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, Cancellation);
            all.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                return (received.MessageType, all.ToArray());
            }
        }
    }

    private static async Task ReadUntilOutputAsync(ClientWebSocket socket)
    {
        while ((await MessageAsync(socket)).Type != WebSocketMessageType.Binary)
        {
        }
    }

    private static async Task<(List<(long Offset, byte[] Bytes)> Output, JsonElement Result)> ReadAsync(ClientWebSocket socket)
    {
        var output = new List<(long, byte[])>();
        while (true)
        {
            var (type, bytes) = await MessageAsync(socket);
            if (type == WebSocketMessageType.Close)
            {
                throw new InvalidOperationException("closed without a result");
            }

            if (type == WebSocketMessageType.Binary)
            {
                output.Add((BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(9)), bytes[17..]));
            }
            else if (JsonDocument.Parse(bytes).RootElement is var said && said.GetProperty("type").GetString() == "result")
            {
                return (output, said.GetProperty("result"));
            }
        }
    }

    private static async Task<List<LiveEvent>> EventsAsync(ServedHost host, Uri job, long after = 0)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, job + "/events");
        if (after > 0)
        {
            request.Headers.Add("Last-Event-ID", $"{after}");
        }

        using var answer = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(static block => block != ":").Select(static block =>
        {
            var fields = block.Split('\n').ToDictionary(static line => line[..line.IndexOf(':', StringComparison.Ordinal)], static line => line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..]);
            return new LiveEvent(fields["event"], long.Parse(fields.GetValueOrDefault("id", "0"), null), JsonDocument.Parse(fields["data"]).RootElement);
        })];
    }

    private static async Task<JsonElement> Json(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;
}
