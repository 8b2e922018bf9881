using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A port of the host leads to a port of one job, and to nothing else; a job's own network is the job's, down to port 1.</summary>
public sealed class PublishedPortTests : KernelTest
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [KernelFact]
    public async Task Two_jobs_serve_the_same_port_at_once_on_either_loopback_address()
    {
        await using var first = await ServeAsync("any", "echo", "2");
        await using var second = await ServeAsync("v6", "echo", "1");
        var port = first.Ports.Single().HostPort;

        Assert.Equal("echo one", await AskAsync(port, "one"));
        Assert.Equal("echo three", await AskAsync(second.Ports.Single().HostPort, "three"));
        Assert.Equal("echo two", await AskAsync(port, "two"));

        var result = await first.ResultAsync();
        AssertVerdict(Verdict.Ok, result);
        Assert.Equal([new() { Address = "127.0.0.1", HostPort = port, JobPort = 80, Connections = 2, BytesIn = 6, BytesOut = 16 }], result.Ports);
        Assert.Equal(1, Assert.Single((await second.ResultAsync()).Ports).Connections);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => AskAsync(port, "late"))).SocketErrorCode);
    }

    [KernelFact]
    public async Task What_a_job_says_last_is_delivered_and_where_nobody_listens_is_a_reset()
    {
        await using var job = await ServeAsync("v4", ["127.0.0.1::80", "127.0.0.1::81"], ["once", "300000"], new());

        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => AskAsync(job.Ports[1].HostPort, ""))).SocketErrorCode);

        // The job is gone before this reads.
        using var client = await ConnectAsync(job.Ports[0].HostPort);
        Assert.Equal(300000, (await TestServer.ReadAllAsync(client)).Length);

        var ports = (await job.ResultAsync()).Ports;
        Assert.Equal((1, 300000), (ports[0].Connections, ports[0].BytesOut));
        Assert.Equal((0, 1), (ports[1].Connections, ports[1].Refused));
    }

    [KernelFact]
    public async Task Connections_are_bounded_and_all_of_them_end_with_the_job()
    {
        AssertVerdict(Verdict.Ok, await RunAsync(Published(Probe.Job("list_fds"), "80")));
        var before = Descriptors();
        await using (var job = await ServeAsync("any", ["80"], ["hold"], new() { Connections = 20 }))
        {
            var clients = new List<Socket>();
            for (var number = 0; number < 40; number++)
            {
                clients.Add(await ConnectAsync(job.Ports[0].HostPort));
            }

            await job.SaysAsync("accepted 20");
            Assert.InRange(Descriptors(), 0, before + 40 + (2 * 20) + 60);
            job.Job.Kill();
            foreach (var client in clients)
            {
                Assert.Empty(await ReadToEndAsync(client));
                client.Dispose();
            }

            AssertVerdict(Verdict.Cancelled, await job.ResultAsync());
            Assert.Equal("", await job.Said.ReadToEndAsync(Cancellation));
        }

        Assert.InRange(Descriptors(), 0, before + 10);
    }

    [KernelFact]
    public async Task A_client_who_reads_nothing_holds_up_neither_the_end_nor_memory()
    {
        await using var job = await ServeAsync("any", ["80"], ["flood"], new() { WallTime = TimeSpan.FromSeconds(2) });
        using var client = await ConnectAsync(job.Ports[0].HostPort);

        var result = await job.ResultAsync();

        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.InRange(Assert.Single(result.Ports).BytesOut, 0, 8 << 20);
    }

    [KernelFact]
    public async Task Nothing_but_that_port_is_reached_in_either_direction()
    {
        using var other = TestServer.Echo();
        await using var job = await Runner.StartAsync(
            Published(Probe.Tool("sh", "-c", $"/probes/list_fds; /probes/reach_host {other.Port}; read port; /probes/reach_host $port") with { Stdin = Stdin.Live }, "80"),
            Cancellation);
        await job.Stdin.WriteAsync(Encoding.UTF8.GetBytes($"{(await OpenedAsync(job)).Single().HostPort}\n"), Cancellation);

        var result = await job.WaitAsync(Cancellation);

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(["inherited 0", "denied ECONNREFUSED", "denied ECONNREFUSED"], Out(result).TrimEnd().Split('\n'));
        Assert.Equal(0, other.Accepted);
        Assert.Equal((0, 0), (result.Ports[0].Connections, result.Ports[0].Refused));
    }

    [KernelFact]
    public async Task A_port_that_is_taken_keeps_the_job_from_starting()
    {
        using var taken = TestServer.Echo();

        var result = await RunAsync(Published(Probe.Tool("true"), $"{taken.Port}:80"));

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(("listen on the host", "EADDRINUSE", "/ports/0"), (result.Error?.Step, result.Error?.Errno, result.Error?.Pointer));
    }

    [KernelFact]
    public async Task Ping_works_on_the_loopback_of_the_job_and_raw_sockets_do_not() =>
        AssertPrinted("reply over IPv4\nreply over IPv6", await RunAsync(Probe.Job("ping_self") with { Network = Network.Loopback }));

    private static int Descriptors() => System.IO.Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private Task<Server> ServeAsync(string where, params string[] mode) => ServeAsync(where, ["80"], mode, new());

    private async Task<Server> ServeAsync(string where, string[] ports, string[] mode, ResourceLimits limits)
    {
        var job = await Runner.StartAsync(Published(Probe.Job("serve_port", [where, "80", .. mode]) with { Limits = limits, Stdout = OutputStream.Live }, ports), Cancellation);
        var server = new Server(job, await OpenedAsync(job));
        await server.SaysAsync("listening");
        return server;
    }

    private static JobSpec Published(JobSpec spec, params string[] ports) => spec with { Network = Network.Loopback, Ports = [.. ports.Select(PortMapping.Parse)] };

    private static async Task<IReadOnlyList<PublishedPort>> OpenedAsync(SandboxJob job) =>
        (await job.Events.FirstAsync(static happened => happened.Kind == JobEventKind.Started, Cancellation)).Ports;

    private static async Task<Socket> ConnectAsync(int port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Cancellation);
            return client;
        }
        catch (SocketException)
        {
            client.Dispose();
            throw;
        }
    }

    private static async Task<string> AskAsync(int port, string text)
    {
        using var client = await ConnectAsync(port);
        await client.SendAsync(Encoding.UTF8.GetBytes(text));
        if (text.Length > 0)
        {
            client.Shutdown(SocketShutdown.Send);
        }

        return await TestServer.ReadAllAsync(client).WaitAsync(s_patience, Cancellation);
    }

    // Its end, in whichever way.
    private static async Task<string> ReadToEndAsync(Socket client)
    {
        try
        {
            return await TestServer.ReadAllAsync(client).WaitAsync(s_patience, Cancellation);
        }
        catch (SocketException)
        {
            return "";
        }
    }

    private sealed record Server(SandboxJob Job, IReadOnlyList<PublishedPort> Ports) : IAsyncDisposable
    {
        public StreamReader Said { get; } = new(Job.Stdout);

        public Task<JobResult> ResultAsync() => Job.WaitAsync(Cancellation).WaitAsync(s_patience, Cancellation);

        public ValueTask DisposeAsync() => Job.DisposeAsync();

        // Lines until that one.
        public async Task SaysAsync(string line)
        {
            while (await Said.ReadLineAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation) is var said && said != line)
            {
                Assert.NotNull(said);
            }
        }
    }
}
