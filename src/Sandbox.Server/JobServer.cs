using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Sandbox.Running;
using Sandbox.Server.Access;
using Sandbox.Server.Api;
using Sandbox.Server.Files;
using Sandbox.Server.Fronts;
using Sandbox.Server.Fronts.Runtimes;
using Sandbox.Server.Handover;
using Sandbox.Server.Jobs;
using Sandbox.Server.Listening;
using Sandbox.Server.Logging;
using Sandbox.Server.Page;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;
using Sandbox.Server.State;
using Sandbox.Server.Systemd;
using Sandbox.Server.Telemetry;

namespace Sandbox.Server;

/// <summary>The job host: listens, runs jobs, and drains when it is told to end.</summary>
internal static class JobServer
{
    // For what was answered to be written, once no job runs any more.
    private static readonly TimeSpan s_toAnswer = TimeSpan.FromSeconds(5);

    // Bytes for each second that a client may take to send a body or to take an answer that is there, and for how long it may be slower.
    private const double SlowestBytes = 16 << 10;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // They write what requests hold: who sends a token in the wrong place would have it in the journal.
    private static readonly string[] s_quoting = ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Server.Kestrel.BadRequests"];

    // For whatever comes after the grace: ends of jobs that were killed, and answers.
    private static readonly TimeSpan s_toEnd = TimeSpan.FromSeconds(60);

    // A half of a handshake holds a connection for no longer.
    private static readonly TimeSpan s_handshake = TimeSpan.FromSeconds(10);

    // One that is killed takes the jobs along that it runs; more of them prepare more sandboxes than are wanted.
    private const int Launchers = 2;

    // A WebSocket whose client answers no ping for as long again is closed.
    private static readonly TimeSpan s_ping = TimeSpan.FromSeconds(15);

    /// <summary>Runs until the stop is asked for and everything is over.</summary>
    /// <param name="settings">What it was told.</param>
    /// <param name="sockets">Where it listens.</param>
    /// <param name="credentials">What clients by TCP have to show.</param>
    /// <param name="log">Takes lines for whoever runs it.</param>
    /// <param name="manager">Is told how it stands.</param>
    /// <param name="stop">Completes when it is to end.</param>
    public static async Task RunAsync(ServerSettings settings, ListeningSockets sockets, Credentials credentials, ServerLog log, NotifySocket manager, Task stop)
    {
        using var exports = Exports.Start(Environment.GetEnvironmentVariable, line => log.Say(line));
        await using var app = Build(settings, sockets.Entrances, credentials, exports, log);
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Sandbox.Server");
        var runner = app.Services.GetRequiredService<SandboxRunner>();
        using var state = settings.State is { } directory ? StateDirectory.Open(directory, line => log.Say(line), TimeProvider.System, settings.StateIsSynced ? new DiskFlush().WaitAsync : null) : null;
        if (settings.State is { } kept && settings.Allowed.ReadFrom(kept) is { } read)
        {
            throw new IOException($"--allow lets jobs read files of \"{read}\", and --state keeps what jobs send and print in \"{kept}\": one would read the other's");
        }

        using var queue = new JobQueue(settings.Queue, TimeProvider.System);
        using var files = new TenantFiles(settings, line => log.Say(line), TimeProvider.System);
        var jobs = new JobTable(queue, (job, document) => RunAsync(runner, job, document, files.Of(job.Owner), logger), settings.Retention, TimeProvider.System, state);
        using var seen = HostSocket.TryOpen(new SeenJobs(runner, jobs, queue).Runs, Environment.GetEnvironmentVariable);
        using var metrics = new ServeMetrics(queue, jobs, settings);
        using var sampler = new UsageSampler(jobs, TimeProvider.System);
        sampler.Start();
        app.Use(static next => context => RequestSpans.TellAsync(context, next));
        app.Use(static next => context => PageFiles.GuardAsync(context, next));
        using var fronts = new FrontTable(new(jobs, queue, files, settings, new RuntimeTable(settings, runner), TimeProvider.System, line => log.Say(line)));
        var access = new AccessCheck(credentials, fronts, why => log.SayOfClient("request", "not let in: " + why));
        app.Use(static next => context => Refusals.AnswerAsync(context, next));
        app.Use(next => context => access.AnswerAsync(context, next));
        app.UseWebSockets(new() { KeepAliveInterval = s_ping, KeepAliveTimeout = s_ping });
        app.Use(next => context => fronts.AnswerAsync(context, next));
        app.UseRouting();
        PageFiles.Map(app);
        Map(app, jobs, queue, settings, files, runner.CountPrepared, MetricsApi.Scraping(app, exports.Metrics));
        if (state is not null)
        {
            var (resumed, lost, over) = new JobRestore(jobs, state, settings, TimeProvider.System).Run();
            log.Say($"jobs of the server before: {resumed} wait again, {lost} were lost while they ran, {over} are over");
        }

        await app.StartAsync();
        var handover = new HandoverServer(jobs, settings, Path.Combine(AppContext.BaseDirectory, "sandbox"));
        foreach (var socket in sockets.Handovers)
        {
            handover.Listen(socket);
        }

        Log.Listening(logger, settings.Queue.Slots);
        foreach (var entrance in sockets.Entrances)
        {
            log.Say($"listening on {entrance.Name}{(entrance.Front is { } front ? $" for {front.Api}" : "")}");
        }

        // What takes the queue's lock does not come back from a server that hangs.
        manager.Ready(() => queue.Waiting >= 0, TimeProvider.System);
        await stop;
        var (running, waiting) = (queue.Running, queue.Waiting);

        // Whoever hears that it stops finds that it is not ready.
        queue.Close();
        manager.Stopping(settings.Grace + s_toEnd);
        log.Say($"shutting down; running: {running}, waiting: {waiting}");
        Log.Draining(logger, running, waiting);
        await jobs.DrainAsync(settings.Grace);
        await fronts.FinishAsync();
        await handover.FinishAsync(s_toAnswer);
        await app.StopAsync();
    }

    /// <summary>Adds every route of the API: openapi.json names them all.</summary>
    internal static void Map(IEndpointRouteBuilder routes, JobTable jobs, JobQueue queue, ServerSettings settings, TenantFiles files, Func<PreparedSandboxes> prepared, RequestDelegate metrics)
    {
        new FilesApi(files).Map(routes);
        new JobsApi(jobs, queue, settings).Map(routes);
        new LiveApi(jobs, queue).Map(routes);
        new ListApi(jobs).Map(routes);
        new HostApi(jobs, queue, settings, prepared).Map(routes);
        MetricsApi.Map(routes, metrics);
        OpenApi.Map(routes);
    }

    private static async Task<DocumentResult> RunAsync(SandboxRunner runner, ServerJob job, JobDocument document, FileStore files, ILogger logger)
    {
        try
        {
            var result = await LiveRun.RunAsync(runner, job, document, files);
            Log.JobEnded(logger, job.Id, job.Source, result.Verdict);
            return result;
        }
        catch (Exception failure) when (failure is not InvalidJobException)
        {
            Log.JobLost(logger, job.Id, job.Source, failure.GetType().Name);
            throw;
        }
    }

    // Empty: the slim builder reads appsettings.json and watches every directory below the current one for it.
    private static WebApplication Build(ServerSettings settings, IReadOnlyList<Entrance> entrances, Credentials credentials, Exports exports, ServerLog log)
    {
        var peers = new PeerCheck();
        var bound = new ConnectionBound(settings.MaxConnections);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = "/" });
        builder.Logging.SetMinimumLevel(settings.LogLevel).AddProvider(new LineLoggerProvider(log, settings.LogLevel));
        foreach (var category in s_quoting)
        {
            builder.Logging.AddFilter(category, LogLevel.Warning);
        }

        builder.Services.AddRoutingCore();
        exports.AddTo(builder.Logging);
        builder.Services.AddSandbox(options =>
            (options.Cgroup, options.LeasedCpus, options.Store, options.Launchers, options.Hidden) =
                (settings.Cgroup, settings.LeasedCpus, settings.Store, Math.Min(settings.Queue.Slots, Launchers), Hidden(entrances, settings)));
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = s_toAnswer);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            Bound(kestrel.Limits, settings);
            foreach (var entrance in entrances)
            {
                kestrel.ListenHandle((ulong)entrance.Socket.Handle, options =>
                {
                    options.Protocols = HttpProtocols.Http1;
                    options.Use(next => EntranceGuard.Guard(entrance, peers, bound, next, (kind, why) => log.SayOfClient(kind, $"a connection to {entrance.Name} was not let in: {why}")));
                    if (!entrance.IsUnix && credentials.Tls is not null)
                    {
                        options.UseHttps(new TlsHandshakeCallbackOptions { HandshakeTimeout = s_handshake, OnConnection = handshake => Show(handshake.Connection, credentials.Tls) });
                    }
                });
            }
        });
        return builder.Build();
    }

    // Jobs that this server gets see nothing of what others have sent. With the directory whatever takes the place of a socket is hidden, too: a server that follows this one.
    private static IReadOnlyList<string> Hidden(IReadOnlyList<Entrance> entrances, ServerSettings settings)
    {
        var sockets = entrances.Where(static entrance => entrance.IsUnix).Select(static entrance => entrance.Socket.LocalEndPoint?.ToString()).Where(static path => path is ['/', ..]);
        return [.. settings.State is { } state ? [Path.GetFullPath(state)] : Array.Empty<string>(), .. sockets.SelectMany(static path => new[] { Path.GetDirectoryName(path)!, path!, path + HandoverServer.Suffix })];
    }

    // With the connection: what it was let in by may not be good any more when it sends the next request.
    private static ValueTask<SslServerAuthenticationOptions> Show(BaseConnectionContext connection, TlsFiles tls)
    {
        connection.Features.Set(tls);
        return ValueTask.FromResult(tls.Options());
    }

    private static void Bound(KestrelServerLimits limits, ServerSettings settings)
    {
        limits.MaxRequestBodySize = settings.MaxBodyBytes;
        limits.MaxRequestHeadersTotalSize = 16 << 10;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(1);
        limits.MinRequestBodyDataRate = new(SlowestBytes, s_patience);
        limits.MinResponseDataRate = new(SlowestBytes, s_patience);
    }

    // Signals are the program's: no request is refused before the jobs that run have ended.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
