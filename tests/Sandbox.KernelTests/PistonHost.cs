using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job host that speaks the API of Piston, for all tests of a class.</summary>
public sealed class PistonHost : IAsyncLifetime
{
    // The second language "compiles" by running its source, and leaves a program.
    private const string Runtimes = """
        { "runtimes": [
            { "language": "bash", "version": "5.2.0", "aliases": ["sh"], "run": ["bash", "{main}"] },
            { "language": "copied", "version": "1.2.3",
              "compile": ["bash", "-c", "echo $*; mkdir lib; echo x > lib/copy; printf '#!/bin/sh\\necho program; echo $PWD $(find . -type f | cut -c3- | sort)' > program; chmod +x program; . ./$1", "sh", "{sources}"], "run": ["./program"] }
        ] }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("sandbox-test-").FullName;
    private ServedHost _host = null!;

    /// <summary>Talks to it.</summary>
    public HttpClient Client { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);
        await File.WriteAllTextAsync(_directory + "/runtimes.json", Runtimes);
        _host = await ServedHost.StartAsync(_directory, CancellationToken.None, "--api", "piston=127.0.0.1:0", "--runtimes", _directory + "/runtimes.json", "--slots", "4", "--memory", "2GiB");
        Client = new() { BaseAddress = new($"http://127.0.0.1:{_host.PortOf("piston")}"), Timeout = TimeSpan.FromSeconds(60) };
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        await _host.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Runs something.</summary>
    public async Task<JsonElement> ExecuteAsync(string body)
    {
        var (status, text) = await SendAsync(HttpMethod.Post, "/api/v2/execute", body);
        Assert.True(status == HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Sends a request.</summary>
    public async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, string path, string? body, string type = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, type) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await Client.SendAsync(request, Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    /// <summary>Opens a WebSocket.</summary>
    public async Task<ClientWebSocket> ConnectAsync()
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{Client.BaseAddress!.Port}/api/v2/connect"), Cancellation);
        return socket;
    }
}
