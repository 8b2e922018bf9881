using System.Net;
using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job host that speaks the API of Jobe, for all tests of a class.</summary>
public sealed class JobeHost : IAsyncLifetime
{
    private const string Languages = """
        { "runtimes": [
            { "language": "bash", "version": "5.2.0", "run": ["bash", "{main}"] },
            { "language": "c", "version": "12.2.0", "run": ["./a.out"] },
            { "language": "python", "version": "3.11.2", "run": ["python3", "{main}"] }
        ] }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("sandbox-test-").FullName;
    private ServedHost _host = null!;
    private HttpClient _client = null!;

    /// <summary>The path of its languages.</summary>
    public string Runtimes => _directory + "/runtimes.json";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);
        await File.WriteAllTextAsync(Runtimes, Languages);
        _host = await ServedHost.StartAsync(_directory, new Dictionary<string, string> { ["SANDBOX_STORE"] = _directory + "/store" }, CancellationToken.None, "--api", "jobe=127.0.0.1:0", "--runtimes", Runtimes, "--slots", "4", "--memory", "2GiB");
        _client = new() { BaseAddress = new($"http://127.0.0.1:{_host.PortOf("jobe")}/jobe/index.php/restapi/"), Timeout = TimeSpan.FromSeconds(60) };
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _host.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Runs a specification.</summary>
    public Task<(HttpStatusCode Status, string Body)> RunAsync(string spec) => SendAsync(HttpMethod.Post, "runs", $$"""{ "run_spec": {{spec}} }""");

    /// <summary>Sends a request.</summary>
    public async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, string path, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await _client.SendAsync(request, Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
