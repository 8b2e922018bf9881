using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job host that speaks the API of Judge0, for all tests of a class.</summary>
public sealed class Judge0Host : IAsyncLifetime
{
    private const string Languages = """
        { "runtimes": [
            { "language": "bash", "version": "5.2.15", "run": ["bash", "{main}"] },
            { "language": "c", "version": "12.2.0", "run": ["./a.out"] },
            { "language": "c++", "version": "12.2.0", "run": ["./a.out"] },
            { "language": "java", "version": "17.0.15", "run": ["java", "{main}"] },
            { "language": "python", "version": "3.11.2", "run": ["python3", "{main}"] }
        ] }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("sandbox-test-").FullName;
    private ServedHost _host = null!;
    private HttpClient _client = null!;

    /// <summary>Tells where a test's own server may put what it has.</summary>
    public string NewDirectory()
    {
        var path = Directory.CreateDirectory($"{_directory}/{Guid.NewGuid():N}"[..^24]).FullName;
        File.SetUnixFileMode(path, (UnixFileMode)0b111_000_000);
        return path;
    }

    /// <summary>The path of its languages.</summary>
    public string Runtimes => _directory + "/runtimes.json";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);
        await File.WriteAllTextAsync(Runtimes, Languages);
        _host = await StartAsync(_directory, Write("judge0.conf", "ENABLE_SUBMISSION_DELETE=true\nAUTHZ_TOKEN=somebody\n"), "--callback", "127.0.0.0/8", "--slots", "4", "--memory", "3GiB");
        _client = ClientOf(_host);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _host.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Writes a file that only its owner reads.</summary>
    public string Write(string name, string text)
    {
        var path = $"{_directory}/{name}";
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, (UnixFileMode)0b110_000_000);
        return path;
    }

    /// <summary>Starts another server.</summary>
    internal Task<ServedHost> StartAsync(string directory, string configuration, params string[] arguments) =>
        ServedHost.StartAsync(directory, new Dictionary<string, string> { ["SANDBOX_STORE"] = directory + "/store" }, CancellationToken.None, ["--api", "judge0=127.0.0.1:0", "--runtimes", Runtimes, "--judge0-conf", configuration, .. arguments]);

    /// <summary>Talks to one.</summary>
    internal static HttpClient ClientOf(ServedHost host) => new() { BaseAddress = new($"http://127.0.0.1:{host.PortOf("judge0")}/"), Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Sends a submission and waits for its end.</summary>
    public async Task<JsonElement> RunAsync(int language, string source, object? more = null, string query = "fields=*")
    {
        var (status, body) = await SendAsync(HttpMethod.Post, "submissions?wait=true&" + query, Submission(language, source, more));
        Assert.True(status == HttpStatusCode.Created, body);
        return JsonDocument.Parse(body).RootElement;
    }

    /// <summary>A submission as JSON.</summary>
    public static string Submission(int language, string? source, object? more = null)
    {
        var members = more is null ? [] : JsonSerializer.Deserialize<Dictionary<string, object>>(JsonSerializer.Serialize(more))!;
        members["language_id"] = language;
        if (source is not null)
        {
            members["source_code"] = source;
        }

        return JsonSerializer.Serialize(members);
    }

    /// <summary>Sends a request.</summary>
    public Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers) => SendAsync(_client, method, path, body, headers);

    /// <summary>Sends a request to another server.</summary>
    public static async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpClient client, HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await client.SendAsync(request, Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    /// <summary>An archive, in base64.</summary>
    public static string Zip(params (string Name, string Content)[] files)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var stream = archive.CreateEntry(name).Open();
                stream.Write(Encoding.UTF8.GetBytes(content));
            }
        }

        return Convert.ToBase64String(bytes.ToArray());
    }
}
