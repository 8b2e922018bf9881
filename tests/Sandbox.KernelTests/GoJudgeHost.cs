using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job host that speaks the API of go-judge, for all tests of a class.</summary>
public sealed class GoJudgeHost : IAsyncLifetime
{
    private const long Second = 1_000_000_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("sandbox-test-").FullName;
    private ServedHost _host = null!;

    /// <summary>Talks to it.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>Files in it may be named as <c>src</c>.</summary>
    public string Data => _directory + "/data";

    /// <summary>The XDG_RUNTIME_DIR of its own.</summary>
    public string Runtime => _directory + "/run";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // A job that root starts has another uid.
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);
        Directory.CreateDirectory(Data);
        Directory.CreateDirectory(Runtime, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _host = await ServedHost.StartAsync(_directory, new Dictionary<string, string> { ["SANDBOX_STORE"] = _directory + "/store", ["XDG_RUNTIME_DIR"] = Runtime }, CancellationToken.None,
            "--api", "go-judge=127.0.0.1:0", "--allow", "file=" + Data, "--slots", "4", "--memory", "2GiB");
        Client = new() { BaseAddress = new($"http://127.0.0.1:{_host.PortOf("go-judge")}"), Timeout = TimeSpan.FromSeconds(60) };
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        await _host.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>A command of the shell with generous limits, and members beside or instead of those.</summary>
    public static JsonObject Shell(string script, string members = "{}") => Command($$"""{ "args": ["/bin/sh", "-c", {{JsonSerializer.Serialize(script)}}] }""", members);

    /// <summary>A command with generous limits, and members beside or instead of those.</summary>
    public static JsonObject Command(params string[] members)
    {
        var command = new JsonObject
        {
            ["env"] = new JsonArray("PATH=/usr/bin:/bin", ""),
            ["files"] = new JsonArray(new JsonObject { ["content"] = "" }, Collector("stdout"), Collector("stderr")),
            ["cpuLimit"] = 10 * Second,
            ["clockLimit"] = 30 * Second,
            ["memoryLimit"] = 256L << 20,
            ["procLimit"] = 50,
        };
        foreach (var (name, value) in members.SelectMany(static text => JsonNode.Parse(text)!.AsObject()))
        {
            command[name] = value?.DeepClone();
        }

        return command;
    }

    /// <summary>Something that is collected.</summary>
    public static JsonObject Collector(string name, long max = 65536) => new() { ["name"] = name, ["max"] = max };

    /// <summary>A request of some commands.</summary>
    public static JsonObject Request(params JsonObject[] commands) => new() { ["cmd"] = new JsonArray([.. commands]) };

    /// <summary>Runs one command.</summary>
    public async Task<JsonElement> RunAsync(JsonObject command) => (await RunAllAsync(Request(command)))[0];

    /// <summary>Runs a request.</summary>
    public async Task<JsonElement> RunAllAsync(JsonObject request)
    {
        var (status, body) = await PostAsync(request.ToJsonString());
        Assert.True(status == HttpStatusCode.OK, body);
        return JsonDocument.Parse(body).RootElement;
    }

    /// <summary>Sends a request.</summary>
    public async Task<(HttpStatusCode Status, string Body)> PostAsync(string request)
    {
        using var answer = await Client.PostAsync("/run", new StringContent(request, Encoding.UTF8), Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    /// <summary>Waits until so many jobs run.</summary>
    public Task RunningAsync(int count) => _host.RunningAsync(count, Cancellation);

    /// <summary>Opens a WebSocket.</summary>
    public async Task<ClientWebSocket> ConnectAsync(string path)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(Client.BaseAddress!.ToString().Replace("http", "ws", StringComparison.Ordinal).TrimEnd('/') + path), Cancellation);
        return socket;
    }

    /// <summary>Receives one whole message; null once the server has closed.</summary>
    public static async Task<byte[]?> ReceiveAsync(ClientWebSocket socket)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), Cancellation);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            bytes.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                return bytes.ToArray();
            }
        }
    }
}
