using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sandbox.Server.Api;
using Sandbox.Server.Jobs;
using Sandbox.Server.Listening;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;

namespace Sandbox.Server;

/// <summary>The job host: listens, runs jobs, and drains when it is told to end.</summary>
internal static class JobServer
{
    // For what was answered to be written, once no job runs any more.
    private static readonly TimeSpan s_toAnswer = TimeSpan.FromSeconds(5);

    /// <summary>Runs until the stop is asked for and everything is over.</summary>
    /// <param name="settings">What it was told.</param>
    /// <param name="listeners">Where it listens.</param>
    /// <param name="say">Takes a line for whoever runs it.</param>
    /// <param name="stop">Completes when it is to end.</param>
    public static async Task RunAsync(ServerSettings settings, IReadOnlyList<UnixListener> listeners, Action<string> say, Task stop)
    {
        await using var app = Build(settings, listeners, say);
        using var queue = new JobQueue(settings.Queue, TimeProvider.System);
        var jobs = new JobTable(queue, app.Services.GetRequiredService<SandboxRunner>().RunAsync, settings.Retention, TimeProvider.System);
        app.Use(static next => context => Refusals.AnswerAsync(context, next));
        app.UseRouting();
        new JobsApi(jobs, queue, settings).Map(app);
        new HostApi(queue, settings).Map(app);
        await app.StartAsync();
        foreach (var listener in listeners)
        {
            say($"listening on {DisplayText.Quote(listener.Path)}");
        }

        await stop;
        say($"shutting down; running: {queue.Running}, waiting: {queue.Waiting}");
        await jobs.DrainAsync(settings.Grace);
        await app.StopAsync();
    }

    // Empty: the slim builder reads appsettings.json and watches every directory below the current one for it.
    private static WebApplication Build(ServerSettings settings, IReadOnlyList<UnixListener> listeners, Action<string> say)
    {
        var check = new PeerCheck();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = "/" });
        builder.Services.AddRoutingCore();
        builder.Services.AddSandbox(options => (options.Cgroup, options.LeasedCpus, options.Store) = (settings.Cgroup, settings.LeasedCpus, settings.Store));
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = s_toAnswer);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            Bound(kestrel.Limits, settings);
            foreach (var listener in listeners)
            {
                kestrel.ListenHandle(listener.Handle, options =>
                {
                    options.Protocols = HttpProtocols.Http1;
                    options.Use(next => check.Guard(next, why => say($"a connection was not let in: {why}")));
                });
            }
        });
        return builder.Build();
    }

    private static void Bound(KestrelServerLimits limits, ServerSettings settings)
    {
        limits.MaxRequestBodySize = settings.MaxBodyBytes;
        limits.MaxConcurrentConnections = 4096;
        limits.MaxRequestHeadersTotalSize = 16 << 10;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(1);
    }

    // Signals are the program's: no request is refused before the jobs that run have ended.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
