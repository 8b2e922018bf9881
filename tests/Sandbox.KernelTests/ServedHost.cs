using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Sandbox.KernelTests;

/// <summary>A job host of the built command, on a unix socket of its own, and a client.</summary>
internal sealed class ServedHost : IAsyncDisposable
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
    public static async Task<ServedHost> StartAsync(string directory, CancellationToken cancellation, params string[] arguments)
    {
        var socket = $"{directory}/s";
        string[] cgroup = Environment.GetEnvironmentVariable("SANDBOX_CGROUP") is { Length: > 0 } given ? ["--cgroup", given] : [];
        var host = new ServedHost(Process.Start(new ProcessStartInfo(Probe.CommandLine, ["serve", "--listen", "unix:" + socket, .. cgroup, .. arguments]) { RedirectStandardError = true })!, socket);
        while (!host.Said.Contains("listening", StringComparison.Ordinal))
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

    /// <summary>Asks it to end.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", $"-TERM {_process.Id}");
        kill.WaitForExit();
    }

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
