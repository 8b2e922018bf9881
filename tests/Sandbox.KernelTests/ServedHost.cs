using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job host of the built command, on a unix socket of its own, and a client.</summary>
internal sealed partial class ServedHost : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private ServedHost(Process process, string socket)
    {
        (_process, Socket) = (process, socket);
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_said)
            {
                _said.AppendLine(line.Data);
            }
        };
        _process.BeginErrorReadLine();
        Client = new(new SocketsHttpHandler { ConnectCallback = async (_, cancellation) => new NetworkStream(await ConnectAsync(cancellation), ownsSocket: true) })
        {
            BaseAddress = new("http://localhost"),
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    /// <summary>The path of the socket.</summary>
    public string Socket { get; }

    /// <summary>The process that listens.</summary>
    public int Pid => _process.Id;

    /// <summary>Talks to it.</summary>
    public HttpClient Client { get; }

    /// <summary>What it wrote to stderr.</summary>
    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    /// <summary>Starts one and waits until it answers.</summary>
    public static Task<ServedHost> StartAsync(string directory, CancellationToken cancellation, params string[] arguments) =>
        StartAsync(directory, new Dictionary<string, string>(), cancellation, arguments);

    /// <summary>The same with variables beside those of the tests.</summary>
    public static async Task<ServedHost> StartAsync(string directory, IReadOnlyDictionary<string, string> variables, CancellationToken cancellation, params string[] arguments)
    {
        var socket = $"{directory}/s";
        string[] cgroup = Environment.GetEnvironmentVariable("SANDBOX_CGROUP") is { Length: > 0 } given ? ["--cgroup", given] : [];
        var start = new ProcessStartInfo(Probe.CommandLine, ["serve", "--listen", "unix:" + socket, .. cgroup, .. arguments]) { RedirectStandardError = true };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var host = new ServedHost(Process.Start(start)!, socket);
        while (host.Said.Split("listening on ").Length <= arguments.Count(static word => word is "--listen" or "--api") + 1)
        {
            if (host._process.HasExited)
            {
                throw new InvalidOperationException($"it ended with {host._process.ExitCode}: {host.Said}");
            }

            await Task.Delay(5, cancellation);
        }

        return host;
    }

    /// <summary>A connection of its own.</summary>
    public async Task<Socket> ConnectAsync(CancellationToken cancellation)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellation);
        return connection;
    }

    /// <summary>Sends a job.</summary>
    public async Task<HttpResponseMessage> PostAsync(string job, CancellationToken cancellation, string query = "", string? key = null, string? tenant = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs" + query) { Content = new StringContent(job, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        if (tenant is not null)
        {
            request.Headers.Add("X-Sandbox-Tenant", tenant);
        }

        return await Client.SendAsync(request, cancellation);
    }

    /// <summary>Waits until so many jobs run.</summary>
    public async Task RunningAsync(int count, CancellationToken cancellation)
    {
        for (var left = 1000 * Requirements.Slowness; ; left--)
        {
            if (JsonDocument.Parse(await Client.GetStringAsync("/v1/host", cancellation)).RootElement.GetProperty("running").GetInt32() == count)
            {
                return;
            }

            Assert.True(left > 0, "it did not come to be");
            await Task.Delay(10, cancellation);
        }
    }

    /// <summary>Ends it without a word (SIGKILL).</summary>
    public void Kill() => _process.Kill();

    /// <summary>The ports that it said it listens on.</summary>
    public IReadOnlyList<int> Ports => [.. PortSaid().Matches(Said).Select(static said => int.Parse(said.Groups[1].Value, null))];

    /// <summary>The port on which it said that it speaks another API.</summary>
    public int PortOf(string api) => int.Parse(Regex.Match(Said, $@"listening on 127\.0\.0\.1:([0-9]+) for {Regex.Escape(api)}\n").Groups[1].Value, null);

    /// <summary>Asks it to end.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>Sends it a signal.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", $"-{name} {_process.Id}");
        kill.WaitForExit();
    }

    // Nothing follows on the line: one that is half there is none yet.
    [GeneratedRegex(@"listening on [0-9.\[\]:a-f%]*:([0-9]+)\n")]
    private static partial Regex PortSaid();

    /// <summary>Waits for its end.</summary>
    public async Task<int> EndAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
